import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readRules, rulesPath } from '../monitoring/rules.ts';
import { programOf } from './prometheus.ts';

const run = promisify(execFile);

interface Case {
  /** Series, and their values once a minute in promtool's notation. */
  series: Record<string, string>;
  /** When it must not fire yet, and when it must. */
  quiet: string;
  fires: string;
  labels?: Record<string, string>;
  summary?: string;
}

const retries = 'candidate_funnel_retrying_seconds';
const calls = 'candidate_funnel_riskos_requests_total';
const found = 'candidate_funnel_decisions_found_total';
const tasks = 'temporal_workflow_task_execution_failed';

/** Each fault begins at minute 60 or later; the first hour is an ordinary one. */
const cases: Record<string, Case> = {
  FunnelWorkerGone: {
    series: {
      'up{job="candidate-funnel-worker",instance="a"}': '1x60 0x60',
      'up{job="candidate-funnel-worker",instance="b"}': '0x20 1x60 0x60',
    },
    quiet: '84m',
    fires: '88m',
  },
  FunnelProcessDown: {
    series: { 'up{job="candidate-funnel-relay",instance="a"}': '1x60 0x60' },
    quiet: '70m',
    fires: '72m',
    labels: { job: 'candidate-funnel-relay', instance: 'a' },
    summary: 'candidate-funnel-relay at a does not answer',
  },
  FunnelTemporalUnreachable: {
    series: {
      'candidate_funnel_ready{job="relay",instance="a",check="temporal"}': '1x60 0x60',
      'candidate_funnel_ready{job="codec",instance="a",check="key_store"}': '0x120',
    },
    quiet: '65m',
    fires: '67m',
    labels: { job: 'relay' },
    summary: 'relay cannot reach Temporal',
  },
  FunnelKeyStoreUnreachable: {
    series: {
      'candidate_funnel_ready{job="worker",check="key_store"}': '1x60 0x60',
      'candidate_funnel_ready{job="worker",check="temporal"}': '0x120',
    },
    quiet: '65m',
    fires: '67m',
    labels: { job: 'worker' },
    summary: 'worker cannot read the key store; no payload can be decrypted',
  },
  FunnelPayloadUnreadable: {
    series: {
      'candidate_funnel_payload_problems_total{reason="PayloadTampered"}': '0x60 1x60',
      'candidate_funnel_payload_problems_total{reason="KeyStoreUnavailable"}': '0+1x120',
    },
    quiet: '60m',
    fires: '63m',
    labels: { reason: 'PayloadTampered' },
    summary: 'Payloads cannot be encrypted or decrypted: PayloadTampered',
  },
  FunnelReleaseDoesNotFit: {
    series: {
      [`${tasks}{failure_reason="NonDeterminismError"}`]: '_x60 1+1x60',
      [`${tasks}{failure_reason="WorkflowError"}`]: '0+1x120',
    },
    quiet: '60m',
    fires: '64m',
  },
  FunnelWorkflowTaskFailing: {
    series: {
      [`${tasks}{failure_reason="WorkflowError"}`]: '_x60 1+1x60',
      [`${tasks}{failure_reason="NonDeterminismError"}`]: '0+1x120',
    },
    quiet: '62m',
    fires: '70m',
  },
  FunnelRiskosRefuses: {
    series: {
      [`${calls}{verb="create",result="AuthenticationFailed"}`]: '0x60 1x60',
      [`${calls}{verb="create",result="ServerError"}`]: '0+1x120',
    },
    quiet: '60m',
    fires: '63m',
    labels: { result: 'AuthenticationFailed' },
    summary: 'RiskOS refuses our set-up: AuthenticationFailed; funnels stop for attention',
  },
  FunnelRiskosDown: {
    series: {
      [`${calls}{verb="create",result="ok"}`]: '0+10x60 600x60',
      [`${calls}{verb="create",result="ServerError"}`]: '0+1x60 60+10x60',
    },
    quiet: '69m',
    fires: '85m',
  },
  FunnelWebhooksRefused: {
    series: {
      // Fewer than are taken, each alone.
      'candidate_funnel_webhook_refusals_total{reason="wrong_token"}': '0+1x60 60+3x60',
      'candidate_funnel_webhook_refusals_total{reason="temporal_not_permitted"}': '0x60 0+3x60',
      'candidate_funnel_webhook_refusals_total{reason="not_json"}': '0+100x120',
      'candidate_funnel_webhooks_total{result="signalled"}': '0+5x120',
    },
    quiet: '60m',
    fires: '80m',
  },
  FunnelWebhooksLost: {
    series: {
      [`${found}{stage="passive_check",by="event"}`]: '0+10x200',
      [`${found}{stage="passive_check",by="poll"}`]: '0+1x60 60+10x140',
    },
    quiet: '60m',
    fires: '120m',
  },
  FunnelReceiverDown: {
    series: {
      [`${retries}{instance="a",activity="notify"}`]: '0x60 0+60x60',
      [`${retries}{instance="a",activity="archiveImages"}`]: '2000x120',
    },
    quiet: '75m',
    fires: '79m',
  },
  FunnelNoticesRefused: {
    series: {
      'candidate_funnel_notices_total{result="SignatureRefused"}': '0x60 1x60',
      'candidate_funnel_notices_total{result="ServerError"}': '0+1x120',
    },
    quiet: '60m',
    fires: '63m',
    labels: { result: 'SignatureRefused' },
    summary: "HR's system refuses notices for good: SignatureRefused",
  },
  FunnelArchiveFull: {
    series: {
      'candidate_funnel_activity_failures_total{activity="archiveImages",reason="storage_full"}':
        '_x60 1+1x60',
      'candidate_funnel_activity_failures_total{activity="archiveImages",reason="riskos_unavailable"}':
        '0+1x120',
    },
    quiet: '62m',
    fires: '70m',
  },
  FunnelImagesPending: {
    series: {
      [`${retries}{instance="a",activity="archiveImages"}`]: '0x60 0+60x120',
      [`${retries}{instance="a",activity="notify"}`]: '9000x180',
    },
    quiet: '119m',
    fires: '124m',
  },
  FunnelImagesFailed: {
    // Before the first failure the series is not there.
    series: { 'candidate_funnel_images_total{result="failed",reason="storage_full"}': '_x60 1x120' },
    quiet: '60m',
    fires: '63m',
    labels: { result: 'failed', reason: 'storage_full' },
    summary: 'Images were not archived: failed, storage_full',
  },
  FunnelNeedsOperator: {
    series: {
      'candidate_funnel_waiting{for="operator"}': '0x60 3x60',
      'candidate_funnel_waiting{for="candidate"}': '100x120',
    },
    quiet: '89m',
    fires: '92m',
    summary: '3 funnels wait for an operator',
  },
  FunnelOverdue: {
    series: {
      'candidate_funnel_escalated{escalation="overdue"}': '0x60 2x90',
      'candidate_funnel_escalated{escalation="reminder"}': '50x150',
    },
    quiet: '119m',
    fires: '122m',
    summary: '2 funnels are overdue; a person has to decide',
  },
  FunnelEndedFromOutside: {
    series: {
      'candidate_funnel_ended{how="terminated"}': '2x60 3x60',
      'candidate_funnel_ended{how="failed"}': '0+1x120',
    },
    quiet: '60m',
    fires: '63m',
    labels: { how: 'terminated' },
    summary: 'Somebody ended workflows of funnels in Temporal: terminated',
  },
  FunnelMonitorStale: {
    series: { candidate_funnel_monitor_refreshed_timestamp_seconds: '0+60x60 3600x60' },
    quiet: '70m',
    fires: '78m',
  },
};

const rules = readRules().groups.flatMap((group) => group.rules);

test('there is a case for each alert, and none else', () => {
  expect(Object.keys(cases).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
});

test.each(rules)('$alert fires for its fault, and for nothing else', async (rule) => {
  const { alert, labels, annotations } = rule;
  const one = cases[alert];
  if (!one) throw new Error('it has no case');
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-rules-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(rulesPath, join(folder, 'alerts.yml'));
  const expected = {
    exp_labels: { ...labels, ...one.labels },
    exp_annotations: { ...annotations, ...(one.summary === undefined ? {} : { summary: one.summary }) },
  };
  const unitTest = {
    rule_files: ['alerts.yml'],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
        alert_rule_test: [
          { eval_time: one.quiet, alertname: alert, exp_alerts: [] },
          { eval_time: one.fires, alertname: alert, exp_alerts: [expected] },
        ],
      },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'test.yml'), JSON.stringify(unitTest));
  const promtool = await programOf('promtool');
  const { stdout } = await run(promtool, ['test', 'rules', join(folder, 'test.yml')]).catch(
    (error: unknown) => Promise.reject(outputOf(error)),
  );
  expect(stdout).toContain('SUCCESS');
});

test('promtool finds nothing wrong with the rules and the configuration', async () => {
  const promtool = await programOf('promtool');
  const config = rulesPath.replace('alerts.yml', 'prometheus.yml');
  for (const [what, path] of [
    ['rules', rulesPath],
    ['config', config],
  ] as const) {
    const { stdout } = await run(promtool, ['check', what, '--lint-fatal', path]);
    expect(stdout).toContain('SUCCESS');
  }
});

/** What promtool says, instead of its command line alone. */
function outputOf(error: unknown): unknown {
  if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error)) return error;
  return new Error(`${String(error.stdout)}${String(error.stderr)}`);
}
