import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Gauge, type Registry } from 'prom-client';
import { searchAttributes, stages, workflowType } from '../contract/index.ts';
import type { Log } from '../contract/log-fields.ts';

/** Reads how many funnels stand where, and shows it as gauges. */
export interface FunnelGauges {
  /** One round of count queries. Rejects when Temporal does not answer; the gauges then keep their values, and age. */
  refresh(): Promise<void>;
}

const waiting = ['riskos', 'candidate', 'reviewer', 'hr', 'operator'];
const escalations = ['reminder', 'overdue'];
const endings = ['Failed', 'Canceled', 'Terminated', 'TimedOut'];

/** `now` is milliseconds since 1970. */
export function funnelGauges(temporal: Client, registry: Registry, now: () => number): FunnelGauges {
  const gauge = (name: string, help: string, label?: string) =>
    new Gauge({ name, help, labelNames: label === undefined ? [] : [label], registers: [registry] });
  const byStage = gauge('candidate_funnel_funnels', 'Open funnels, by stage', 'stage');
  const byWaiting = gauge('candidate_funnel_waiting', 'Open funnels, by whom they wait for', 'for');
  const byEscalation = gauge(
    'candidate_funnel_escalated',
    'Open funnels whose deadline is near ("reminder") or that a person let pass ("overdue")',
    'escalation',
  );
  const late = gauge('candidate_funnel_past_deadline', 'Open funnels whose deadline has passed');
  const ended = gauge(
    'candidate_funnel_ended',
    'Funnels whose workflow somebody or something ended in Temporal, within its retention, by how',
    'how',
  );
  const refreshed = gauge(
    'candidate_funnel_monitor_refreshed_timestamp_seconds',
    'When these gauges were last read from Temporal',
  );

  const count = async (condition: string): Promise<number> => {
    const query = `WorkflowType = '${workflowType}' AND ${condition}`;
    return (await temporal.workflow.count(query)).count;
  };
  const open = (condition: string) => count(`ExecutionStatus = 'Running' AND ${condition}`);
  const rows: { gauge: Gauge; labels: Record<string, string>; read: () => Promise<number> }[] = [
    ...stages
      .filter((stage) => stage !== 'closed')
      .map((stage) => ({
        gauge: byStage,
        labels: { stage },
        read: () => open(`${searchAttributes.stage.name} = '${stage}'`),
      })),
    ...waiting.map((whom) => ({
      gauge: byWaiting,
      labels: { for: whom },
      read: () => open(`${searchAttributes.waitingFor.name} = '${whom}'`),
    })),
    ...escalations.map((escalation) => ({
      gauge: byEscalation,
      labels: { escalation },
      read: () => open(`${searchAttributes.escalation.name} = '${escalation}'`),
    })),
    ...endings.map((how) => ({
      gauge: ended,
      labels: { how: how.toLowerCase() },
      read: () => count(`ExecutionStatus = '${how}'`),
    })),
    {
      gauge: late,
      labels: {},
      read: () => open(`${searchAttributes.deadline.name} < '${new Date(now()).toISOString()}'`),
    },
  ];
  return {
    refresh: async () => {
      for (const row of rows) row.gauge.set(row.labels, await row.read());
      refreshed.set(now() / 1000);
    },
  };
}

/** Refreshes until `signal` aborts; a round that fails is logged, and the next one follows after the same interval. */
export async function keepFresh(
  gauges: FunnelGauges,
  { interval, logger, signal }: { interval: number; logger: Log; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await gauges.refresh();
    } catch (error) {
      logger.warn({ error }, 'Temporal does not answer count queries; the gauges are old');
    }
    await setTimeout(interval, undefined, { signal }).catch(() => undefined);
  }
}
