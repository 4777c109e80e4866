import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { request } from 'undici';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createArchiveKey } from '../../src/archive/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { encryptedClient, openKeyStore } from '../../src/codec/index.ts';
import type { Project } from '../compose/project.ts';
import { exampleApplication } from '../support/application.ts';
import { quickPolicy, until as untilWithin, verdictsOf } from '../support/world.ts';
import { run } from '../support/processes.ts';
import { prepareCompose, startComposeProcesses } from './compose-processes.ts';
import { startPostgres } from './postgres.ts';
import { startTemporalOnPostgres } from './temporal-on-postgres.ts';

let folder: string;
let project: Project;
let archiveKey: Awaited<ReturnType<typeof createArchiveKey>>;
let payload: { identity: string; recipient: string };
const inFolder = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-backup-'));
  archiveKey = await createArchiveKey();
  await writeFile(inFolder('archive-key.txt'), `${archiveKey.identity}\n`);
  ({ payload, project } = await prepareCompose(folder, archiveKey.recipient));
}, 10 * 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'a backup taken while funnels go on is restored elsewhere, and every funnel goes on to its end',
  async () => {
    const databases = ['temporal', 'temporal_visibility'];
    const before = inFolder('before');
    await mkdir(before);

    // Two candidates are with RiskOS's capture page, one waits for HR, one is through.
    const first = await startTemporalOnPostgres();
    onTestFinished(() => first.close());
    const processes = await startComposeProcesses({
      project,
      address: first.address,
      volumes: before,
      secrets: inFolder('secrets'),
      state: inFolder('emulator.json'),
    });
    onTestFinished(() => processes.kill());
    const old = hr(first.address, before);
    const start = (name: string, scenario: string, policy = quickPolicy) =>
      old.funnels.startFunnel(
        exampleApplication(name, {
          custom: { scenario },
          policy: { ...policy, reconciliation: { first: '2s', longest: '5s' } },
        }),
      );
    const capturing = await start('capturing', 'interactive');
    const meanwhile = await start('meanwhile', 'interactive');
    const asked = await old.funnels.startFunnel(
      exampleApplication('asked', {
        custom: { scenario: 'accept' },
        policy: { ...quickPolicy, documents: { ...quickPolicy.documents, start: 'on_request' } },
      }),
    );
    const through = await start('through', 'accept');
    for (const funnel of [capturing, meanwhile]) {
      await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    }
    await until(asked, ({ nextAction }) => nextAction.kind === 'request_documents');
    await until(
      through,
      ({ stage, images }) => stage === 'verified' && images.some(({ result }) => result === 'archived'),
    );

    // docs/backup.md: the databases one after the other, then what they refer to.
    for (const name of databases) {
      await first.postgres.program('pg_dump', '-Fc', '-f', inFolder(`${name}.dump`), name);
    }
    const after = inFolder('after');
    for (const name of ['keys', 'archive'])
      await cp(join(before, name), join(after, name), { recursive: true });

    // What comes after the backup is lost: RiskOS knows that this candidate is through, and nobody here does.
    await capture(processes.emulatorUrl, 'meanwhile');
    await until(meanwhile, ({ stage }) => stage === 'verified');
    await old.close();
    await processes.kill();
    await first.close();
    await rm(before, { recursive: true });

    const postgres = await startPostgres({ settings: { max_connections: '200' } });
    for (const name of databases) {
      await postgres.program('createdb', name);
      await postgres.program('pg_restore', '--exit-on-error', '-d', name, inFolder(`${name}.dump`));
    }
    const second = await startTemporalOnPostgres({ postgres, isSetUp: true });
    const restored = await startComposeProcesses({
      project,
      address: second.address,
      volumes: after,
      secrets: inFolder('secrets'),
      state: inFolder('emulator.json'),
    });
    const now = hr(second.address, after);
    try {
      const keys = await run(['keys', 'check'], {
        PAYLOAD_ENCRYPTION: 'on',
        KEY_STORE_URL: pathToFileURL(join(after, 'keys')).href,
        PAYLOAD_RECIPIENTS: payload.recipient,
        PAYLOAD_IDENTITY: payload.identity,
      });
      expect(keys).toMatchObject({ code: 0, stderr: '' });

      // Read from RiskOS, without any webhook.
      const both = ['passive_check 1 accept', 'document_verification 1 accept'];
      const late = await until(now.funnels.funnel('meanwhile'), ({ stage }) => stage === 'verified');
      expect(verdictsOf(late)).toEqual(both);
      await capture(restored.emulatorUrl, 'capturing');
      const goneOn = await until(now.funnels.funnel('capturing'), ({ stage }) => stage === 'verified');
      expect(verdictsOf(goneOn)).toEqual(both);
      await now.funnels.funnel('asked').requestDocuments();
      const requested = await until(now.funnels.funnel('asked'), ({ stage }) => stage === 'verified');
      expect(verdictsOf(requested)).toEqual(both);

      // Nothing was created or sent twice.
      for (const name of ['capturing', 'meanwhile', 'asked', 'through']) {
        const { evaluations, sms } = await ledgerOf(restored.emulatorUrl, name);
        expect([name, evaluations.length, sms.length]).toEqual([name, 2, 1]);
      }
      const fetched = await run(
        [
          'images',
          'fetch',
          'through',
          '--identity',
          inFolder('archive-key.txt'),
          '--to',
          inFolder('images'),
          '--json',
        ],
        {
          TEMPORAL_ADDRESS: second.address,
          ARCHIVE_URL: pathToFileURL(join(after, 'archive')).href,
          KEY_STORE_URL: pathToFileURL(join(after, 'keys')).href,
          PAYLOAD_ENCRYPTION: 'on',
          PAYLOAD_RECIPIENTS: payload.recipient,
          PAYLOAD_IDENTITY: payload.identity,
        },
      );
      expect(fetched).toMatchObject({ code: 0 });
      expect(fetched.stdout.trim().split('\n')).toHaveLength(3);
    } finally {
      await now.close();
      await restored.kill();
      await second.close();
    }
  },
  20 * 60_000,
);

const until = (...[funnel, fulfils]: Parameters<typeof untilWithin>) =>
  untilWithin(funnel, fulfils, 4 * 60_000);

/** HR's client, with the keys of these volumes. */
function hr(address: string, volumes: string): { funnels: FunnelClient; close(): Promise<void> } {
  const keys = openKeyStore({
    url: pathToFileURL(join(volumes, 'keys')).href,
    recipients: [payload.recipient],
    identity: payload.identity,
  });
  const { connection } = temporalClient(address);
  const funnels = createFunnelClient({ temporal: new Client({ connection, ...encryptedClient(keys) }) });
  return {
    funnels,
    close: async () => {
      await funnels.close();
      keys.close();
    },
  };
}

const ledger = z.object({
  evaluations: z.array(z.object({ id: z.string(), eval_id: z.string() })),
  sms: z.array(z.object({ id: z.string() })),
});

/** What RiskOS did for one application. */
async function ledgerOf(emulatorUrl: string, applicationId: string): Promise<z.output<typeof ledger>> {
  const answer = await request(`${emulatorUrl}/admin/ledger`, { headers: { accept: 'application/json' } });
  const { evaluations, sms } = ledger.parse(await answer.body.json());
  const own = ({ id }: { id: string }) => id.startsWith(`${applicationId}~`);
  return { evaluations: evaluations.filter(own), sms: sms.filter(own) };
}

/** The candidate takes the pictures. */
async function capture(emulatorUrl: string, applicationId: string): Promise<void> {
  const { evaluations } = await ledgerOf(emulatorUrl, applicationId);
  const answer = await request(`${emulatorUrl}/admin/evaluations/${evaluations.at(-1)?.eval_id}/candidate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ does: 'completes' }),
  });
  expect(answer.statusCode).toBe(202);
  await answer.body.dump();
}
