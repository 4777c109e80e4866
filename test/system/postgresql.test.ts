import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { play } from '../../src/cli/demo/play.ts';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { createFunnelClient, temporalClient } from '../../src/client/index.ts';
import { encryptedClient, openKeyStore } from '../../src/codec/index.ts';
import type { Project } from '../compose/project.ts';
import { planOf } from '../hazards/plan.ts';
import { failureLines } from '../hazards/report.ts';
import { runSeed } from '../hazards/run-seed.ts';
import { hazardScenarios } from '../hazards/scenarios.ts';
import { prepareCompose, startComposeProcesses } from './compose-processes.ts';
import { createSchema, startTemporalOnPostgres, type TemporalOnPostgres } from './temporal-on-postgres.ts';
import { findTemporalServer, serverVersion } from './temporal-server.ts';

let folder: string;
let secrets: string;
let project: Project;
let payload: { identity: string; recipient: string };
let temporal: TemporalOnPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-postgresql-'));
  const { recipient } = await createArchiveKey();
  ({ secrets, payload, project } = await prepareCompose(folder, recipient));
  temporal = await startTemporalOnPostgres({ environment: project.services['temporal']?.environment ?? {} });
}, 20 * 60_000);
afterAll(async () => {
  await temporal.close();
  await rm(folder, { recursive: true, force: true });
});

test('is the release that docker-compose.yml starts', () => {
  expect(project.services['temporal']?.image).toBe(`temporalio/server:${serverVersion.slice(1)}`);
});

test('the script of the schema does no harm to databases that are there', async () => {
  const versions = () =>
    Promise.all(
      ['temporal', 'temporal_visibility'].map((name) =>
        temporal.postgres.query(name, 'select curr_version from schema_version'),
      ),
    );
  const before = await versions();
  await createSchema(temporal.postgres, await findTemporalServer());
  expect(await versions()).toEqual(before);
  expect(before.flat(2)).toEqual([expect.stringMatching(/^1\.\d+$/), expect.stringMatching(/^1\.\d+$/)]);
});

test(
  "the demo's candidates get the same ends from the processes and settings of docker-compose.yml",
  async () => {
    const processes = await startComposeProcesses({
      project,
      address: temporal.address,
      volumes: folder,
      secrets,
    });
    const { funnels, close } = hr();
    try {
      const signal = AbortSignal.timeout(5 * 60_000);
      setMaxListeners(0, signal);
      const played = await Promise.all(
        scenarios.map((scenario) => play(funnels, scenario, 'pg', { signal, changed: () => undefined })),
      );
      expect(
        played.map(({ scenario, asExpected, difference }) => [scenario.name, asExpected, difference]),
      ).toEqual(scenarios.map(({ name }) => [name, true, undefined]));
      // What PostgreSQL holds of them is encrypted.
      const [[found = ''] = []] = await temporal.postgres.query(
        'temporal',
        "select count(*) from history_node where position('Quill'::bytea in data) > 0",
      );
      expect(found).toBe('0');
      expect(await processes.stop()).toEqual([0, 0, 0]);
    } finally {
      await close();
      await processes.kill();
    }
  },
  15 * 60_000,
);

test(
  'processes, and Temporal itself, killed by a seed: every funnel ends as if nothing had happened',
  async () => {
    await temporal.kill();
    const result = await runSeed(planOf(4, { scenarios: hazardScenarios }), {
      address: temporal.address,
      start: async () => {
        await temporal.start();
        return { kill: () => temporal.kill(), ended: temporal.ended() };
      },
      close: async () => undefined,
    });
    await temporal.start();
    expect(result.failures.flatMap((failure) => failureLines(result.seed, failure)).join('\n')).toBe('');
    expect(result.undeclared).toEqual([]);
    expect(result.kills.temporal ?? 0).toBeGreaterThan(0);
  },
  10 * 60_000,
);

/** HR's client, with the keys of the Compose file's volume. */
function hr() {
  const keys = openKeyStore({
    url: pathToFileURL(join(folder, 'keys')).href,
    recipients: [payload.recipient],
    identity: payload.identity,
  });
  const { connection } = temporalClient(temporal.address);
  const funnels = createFunnelClient({ temporal: new Client({ connection, ...encryptedClient(keys) }) });
  return {
    funnels,
    close: async () => {
      await funnels.close();
      keys.close();
    },
  };
}
