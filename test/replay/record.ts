/**
 * Records the histories that `replay.test.ts` replays, from real funnels: `npm run record`. A history of a released version is
 * a promise (design: recorded histories replay), so record new ones beside it instead of replacing it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { pino } from 'pino';
import { createArchiveKey } from '../../src/archive/index.ts';
import { play } from '../../src/cli/demo/play.ts';
import { applicationOf, scenarios } from '../../src/cli/demo/scenarios.ts';
import { startParts } from '../../src/cli/parts.ts';
import { type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { createNotifier, type Notifier } from '../../src/notifier/index.ts';
import { createReceiver } from '../support/receiver.ts';
import { type Branch, branches } from './branches.ts';
import { recordStates } from './states.ts';
import { findTemporal, startDevServer } from '../../src/dev-server/index.ts';

const suffix = 'recorded';
const folder = fileURLToPath(new URL('histories/0.1.0/', import.meta.url));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const binary = await findTemporal({
  env: process.env,
  onProgress: (line) => process.stderr.write(`${line}\n`),
});
const names = scenarios.map(({ name }) => name);
await record('', [...names.map(playScenario), ...Object.entries(branches).map(walkBranch)]);
// With continue-as-new after a few events, so that carried memories are recorded too.
await record('continued-', ['accept', 'resubmit-then-accept', 'review-then-accept'].map(playScenario), {
  dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '12' },
});
const secret = `whsec_${randomBytes(24).toString('base64')}`;
const receiver = await createReceiver(secret);
await record('told-', ['reverified', 'withdrawn'].map(playScenario), {
  notifier: createNotifier({ url: receiver.url, secrets: [secret] }),
});
recordStates(folder);
process.exit();

interface Recording {
  funnels: FunnelClient;
  temporal: Client;
  signal: AbortSignal;
}

type Way = (recording: Recording) => Promise<void>;

function playScenario(name: string): Way {
  return async ({ funnels, signal }) => {
    const scenario = scenarios.find((known) => known.name === name);
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    const { asExpected, difference, status } = await play(funnels, scenario, suffix, {
      signal,
      changed: () => {},
    });
    if (!asExpected) throw new Error(`${name}: ${difference ?? 'not as expected'} ${JSON.stringify(status)}`);
  };
}

function walkBranch([name, { application = {}, hr = {}, ends }]: [string, Branch]): Way {
  return async ({ funnels, temporal, signal }) => {
    const { policy, ...more } = application;
    const input = {
      ...applicationOf(name, suffix, policy),
      ...more,
      custom: { scenario: `branch-${name}` },
    };
    const candidate = { ...input.candidate, dateOfBirth: '1990-02-03', nationalId: '900-12-3456' };
    const contractor = more.useCase === 'contractor_onboarding';
    const funnel = await funnels.startFunnel(contractor ? { ...input, candidate } : input);
    const handle = temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    const left = new Map(Object.entries(hr));
    for await (const status of funnel.watch({ interval: 100, signal })) {
      const key = [status.nextAction.kind, status.stage].find((one) => left.has(one));
      if (key !== undefined) {
        await left.get(key)?.(funnel, handle);
        left.delete(key);
      } else if (left.size === 0 && ends(status)) return;
    }
    throw new Error(`${name} did not come to its end: ${JSON.stringify(await funnel.status())}`);
  };
}

async function record(
  prefix: string,
  ways: Way[],
  { dynamicConfig = {}, notifier }: { dynamicConfig?: Record<string, string>; notifier?: Notifier } = {},
): Promise<void> {
  const server = await startDevServer({ binary, uiPort: false, dynamicConfig });
  const archiveFolder = await mkdtemp(join(tmpdir(), 'candidate-funnel-record-'));
  const logger = pino({ level: 'silent' });
  // Slow enough that no step is over before the funnel could see it.
  const parts = await startParts({
    address: server.address,
    taskQueue: 'recorded',
    archive: {
      url: pathToFileURL(archiveFolder).href,
      recipients: [(await createArchiveKey()).recipient],
    },
    pace: 200,
    logger,
    notifier,
    emulator: {
      acceptForeignBaselines: true,
      scenarios: Object.fromEntries(
        Object.entries(branches).map(([name, { riskos = {} }]) => [`branch-${name}`, riskos]),
      ),
    },
  });
  const temporal = temporalClient(server.address);
  const signal = AbortSignal.timeout(300_000);
  const { funnels } = parts;
  for (const walk of ways) await walk({ funnels, temporal, signal });
  await save(temporal, prefix);
  await temporal.connection.close();
  await parts.close();
  await server.stop();
  await rm(archiveFolder, { recursive: true, force: true });
}

/** Every run of every workflow, one file each: `{prefix}{workflow id}.{nth run}.json`. */
async function save(temporal: Client, prefix: string): Promise<void> {
  const runs = new Map<string, { runId: string; at: Date }[]>();
  for await (const { workflowId, runId, startTime } of temporal.workflow.list({
    query: 'TaskQueue = "recorded"',
  })) {
    runs.set(workflowId, [...(runs.get(workflowId) ?? []), { runId, at: startTime }]);
  }
  for (const [workflowId, all] of runs) {
    const inOrder = all.toSorted((one, other) => one.at.getTime() - other.at.getTime());
    for (const [index, { runId }] of inOrder.entries()) {
      const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
      // A run whose first task has not been worked on has nothing to replay.
      if (!history.events?.some((event) => event.workflowTaskCompletedEventAttributes)) continue;
      const file = `${prefix}${workflowId}.${index + 1}.json`;
      await writeFile(
        join(folder, file),
        `${JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history)) })}\n`,
      );
    }
  }
}
