import { type Client, isGrpcServiceError } from '@temporalio/client';
import { temporalClient } from '../../client/index.ts';
import { queueSettings, readSettings } from '../../config.ts';
import { workflowType } from '../../contract/index.ts';
import { checkSearchAttributes } from '../../worker/search-attributes.ts';
import { textOf } from '../errors.ts';
import { type Finding, fault, ok, skipped, warning } from './finding.ts';
import { retentionFinding, wantedByPolicy } from './retention.ts';
import { isOlder } from './versions.ts';
import { version } from './worker-version.ts';

type Look = (client: Client) => Promise<Finding>;

/** Milliseconds for each question. */
const patience = 5000;

/** In this order: where one fails, the later ones cannot say more. */
const looks: [string, Look][] = [
  ['Temporal', server],
  ['namespace', namespace],
  ['permissions', permissions],
  ['search attributes', searchAttributes],
  ['workers', workers],
  ['worker version', version],
];

export async function lookAtTemporal(): Promise<Finding[]> {
  const findings: Finding[] = [];
  let client: Client;
  try {
    client = temporalClient();
  } catch {
    return looks.map(([about]) => skipped(about, 'not looked at, because of the settings'));
  }
  try {
    for (const [about, look] of looks) {
      if (findings.some(({ result }, index) => result === 'fault' && index < 2)) {
        findings.push(skipped(about, 'not looked at, because of the fault before'));
      } else {
        const finding = client.connection.withDeadline(Date.now() + patience, () => look(client));
        findings.push(await finding.catch((error: unknown) => refusedLook(about, error)));
      }
    }
  } finally {
    await client.connection.close();
  }
  return findings;
}

const testedServer = [1, 29] as const;

async function server({ workflowService }: Client): Promise<Finding> {
  const { serverVersion } = await workflowService.getSystemInfo({});
  const says = `answers, version ${serverVersion}`;
  if (!isOlder(serverVersion, testedServer)) return ok('Temporal', says);
  const tested = `${testedServer.join('.')}, with which this release is tested`;
  return warning('Temporal', `${says}, which is older than ${tested}`, 'upgrade the server');
}

async function namespace({ workflowService, options }: Client): Promise<Finding> {
  const { config } = await workflowService.describeNamespace({ namespace: options.namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds?.toString() ?? 0);
  return retentionFinding(seconds * 1000, wantedByPolicy());
}

async function permissions({ workflowService, options }: Client): Promise<Finding> {
  const { count } = await workflowService.countWorkflowExecutions({
    namespace: options.namespace,
    query: `WorkflowType = '${workflowType}'`,
  });
  return ok('permissions', `may read and list workflows; there are ${count.toString()} funnels`);
}

async function searchAttributes({ connection, options }: Client): Promise<Finding> {
  try {
    await checkSearchAttributes(connection, options.namespace);
  } catch (error) {
    if (!(error instanceof Error && 'type' in error)) throw error;
    return fault('search attributes', 'some are missing', 'run "candidate-funnel setup" once');
  }
  return ok('search attributes', 'all are registered');
}

async function workers({ workflowService, options }: Client): Promise<Finding> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: readSettings(queueSettings).FUNNEL_TASK_QUEUE },
  });
  const count = new Set(pollers.map(({ identity }) => identity)).size;
  if (count > 0) return ok('workers', `${count} on the task queue`);
  return fault(
    'workers',
    'none has asked for work on the task queue in the last minutes',
    'start "candidate-funnel worker", with the same FUNNEL_TASK_QUEUE',
  );
}

const remedies: Partial<Record<number, string>> = {
  5: 'correct TEMPORAL_NAMESPACE, or create that namespace',
  7: 'give this key or certificate the permission for the namespace',
  16: 'correct TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
};

const words: Partial<Record<number, string>> = {
  5: 'is not known to Temporal',
  7: 'permission denied',
  16: 'who asks is not accepted',
};

function refusedLook(about: string, error: unknown): Finding {
  const code = isGrpcServiceError(error) ? error.code : undefined;
  const remedy = code === undefined ? undefined : remedies[code];
  if (code !== undefined && remedy !== undefined) return fault(about, words[code] ?? 'refused', remedy);
  if (isGrpcServiceError(error)) {
    return fault(
      about,
      'does not answer',
      'check that the server runs, and TEMPORAL_ADDRESS and TEMPORAL_TLS_… are right',
    );
  }
  return fault(about, textOf(error), 'correct that');
}
