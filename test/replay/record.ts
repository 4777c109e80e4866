/**
 * Records the histories that `replay.test.ts` replays, from real funnels: `npm run record`. A history of a released version is
 * a promise (design: recorded histories replay), so record new ones beside it instead of replacing it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { pino } from 'pino';
import { createArchiveKey } from '../../src/archive/index.ts';
import { play } from '../../src/cli/demo/play.ts';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { startParts } from '../../src/cli/parts.ts';
import { temporalClient } from '../../src/client/index.ts';
import { findTemporal, startDevServer } from '../../src/dev-server/index.ts';

const folder = fileURLToPath(new URL('histories/0.1.0/', import.meta.url));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const binary = await findTemporal({
  env: process.env,
  onProgress: (line) => process.stderr.write(`${line}\n`),
});
await record(
  '',
  scenarios.map(({ name }) => name),
  {},
);
// With continue-as-new after a few events, so that carried memories are recorded too.
await record('continued-', ['accept', 'resubmit-then-accept', 'review-then-accept'], {
  'limit.historyCount.suggestContinueAsNew': '12',
});
process.exit();

async function record(prefix: string, names: string[], dynamicConfig: Record<string, string>): Promise<void> {
  const server = await startDevServer({ binary, uiPort: false, dynamicConfig });
  const archiveFolder = await mkdtemp(join(tmpdir(), 'candidate-funnel-record-'));
  const logger = pino({ level: 'silent' });
  // Slow enough that no step is over before the funnel could see it.
  const parts = await startParts({
    address: server.address,
    taskQueue: 'recorded',
    archive: { folder: archiveFolder, recipient: (await createArchiveKey()).recipient },
    pace: 200,
    logger,
  });
  const temporal = temporalClient(server.address);
  const signal = AbortSignal.timeout(300_000);
  for (const name of names) {
    const scenario = scenarios.find((known) => known.name === name);
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    const { asExpected, difference, status } = await play(parts.funnels, scenario, 'recorded', {
      signal,
      changed: () => {},
    });
    if (!asExpected) throw new Error(`${name}: ${difference ?? 'not as expected'} ${JSON.stringify(status)}`);
  }
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
      const file = `${prefix}${workflowId}.${index + 1}.json`;
      await writeFile(
        join(folder, file),
        `${JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history)) })}\n`,
      );
    }
  }
}
