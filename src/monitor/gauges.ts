import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Gauge, Registry } from 'prom-client';
import { endedCondition, endings } from '../client/execution.ts';
import {
  attentionReasons,
  escalations,
  processMetrics,
  searchAttributes,
  stages,
  troubleReasons,
  waitingForWords,
  workflowType,
} from '../contract/index.ts';
import { gaugeOf } from '../instruments.ts';
import type { Log } from '../contract/log-fields.ts';

/** Reads how many funnels stand where, and shows it as gauges. */
export interface FunnelGauges {
  /** One round of count queries. Rejects when Temporal does not answer; the gauges then keep their values, and age. */
  refresh(): Promise<void>;
}

/** `now` is milliseconds since 1970. */
export function funnelGauges(temporal: Client, registry: Registry, now: () => number): FunnelGauges {
  const refreshed = gaugeOf(processMetrics.refreshed, registry);
  const groups: { gauge: Gauge; rows: () => Row[] }[] = [
    {
      gauge: gaugeOf(processMetrics.funnels, registry),
      rows: () => opensBy('stage', searchAttributes.stage, openStages),
    },
    {
      gauge: gaugeOf(processMetrics.waiting, registry),
      rows: () => opensBy('for', searchAttributes.waitingFor, waitingForSomebody),
    },
    {
      gauge: gaugeOf(processMetrics.escalated, registry),
      rows: () => opensBy('escalation', searchAttributes.escalation, escalations),
    },
    {
      gauge: gaugeOf(processMetrics.needsAttention, registry),
      rows: () => opensBy('reason', searchAttributes.attention, attentionReasons),
    },
    {
      gauge: gaugeOf(processMetrics.inTrouble, registry),
      rows: () => opensBy('reason', searchAttributes.trouble, troubleReasons),
    },
    {
      gauge: gaugeOf(processMetrics.pastDeadline, registry),
      rows: () => {
        const at = new Date(now()).toISOString();
        return [{ labels: {}, condition: `${running} AND ${searchAttributes.deadline.name} < '${at}'` }];
      },
    },
    {
      gauge: gaugeOf(processMetrics.ended, registry),
      rows: () => endings.map((how) => ({ labels: { how }, condition: endedCondition(how) })),
    },
  ];
  return {
    refresh: async () => {
      for (const { gauge, rows } of groups) {
        for (const { labels, condition } of rows()) gauge.set(labels, await count(temporal, condition));
      }
      refreshed.set(now() / 1000);
    },
  };
}

/** True when Temporal answers a count query. */
export async function canCount(temporal: Client): Promise<boolean> {
  await count(temporal, running);
  return true;
}

interface Row {
  labels: Record<string, string>;
  condition: string;
}

const running = "ExecutionStatus = 'Running'";
const openStages = stages.filter((stage) => stage !== 'closed');
const waitingForSomebody = waitingForWords.filter((word) => word !== 'nothing');

function opensBy(label: string, { name }: { name: string }, words: readonly string[]): Row[] {
  return words.map((word) => ({
    labels: { [label]: word },
    condition: `${running} AND ${name} = '${word}'`,
  }));
}

async function count(temporal: Client, condition: string): Promise<number> {
  return (await temporal.workflow.count(`WorkflowType = '${workflowType}' AND ${condition}`)).count;
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
