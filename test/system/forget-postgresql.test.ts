import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelOf } from '../../src/codec/index.ts';
import { applicationIdOf } from '../../src/contract/index.ts';
import { createForgetting, type Forgetting, forgetting } from './forgetting.ts';
import { canariesIn } from '../support/canary.ts';
import { run } from '../support/processes.ts';
import { until } from '../support/world.ts';
import { type Dump, readDump } from './dumped-payloads.ts';
import { startTemporalOnPostgres, type TemporalOnPostgres } from './temporal-on-postgres.ts';

let folder: string;
let temporal: TemporalOnPostgres;
let place: Forgetting;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-forget-postgresql-'));
  temporal = await startTemporalOnPostgres();
  place = await createForgetting(temporal.address, folder);
  await place.startWorker();
}, 20 * 60_000);
afterAll(async () => {
  await place?.close();
  await temporal?.close();
  await rm(folder, { recursive: true, force: true });
});

/** All tables of both databases, as a backup keeps them. */
async function dumpOf(): Promise<Dump> {
  const dumps = [];
  for (const name of ['temporal', 'temporal_visibility']) {
    dumps.push(await temporal.postgres.program('pg_dump', name));
  }
  return readDump(dumps.join('\n'));
}

/** The payloads of an application in a dump, and how many of them a key that is left decrypts. */
async function readable({ payloads }: Dump, applicationId: string) {
  const isOpened = await place.opener();
  const own = payloads.filter((payload) => ownerOf(payload) === applicationId);
  return { payloads: own.length, decoded: own.filter(isOpened).length };
}

function ownerOf(payload: Payload): string | undefined {
  return applicationIdOf(labelOf(payload)?.workflowId ?? '');
}

test(
  "forgotten candidates leave nothing that decrypts in PostgreSQL's tables, nor in a dump from before; the others do",
  async () => {
    const open = await place.start('open', 'absent');
    const closed = await place.verified('closed');
    const kept = await place.verified('kept');
    const gone = [open, closed];
    await until(open.funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await closed.funnel.complete({ by: 'HR' });
    await closed.funnel.result();

    // The dump is read as it should be: each payload is found, and with the keys each opens.
    const before = await dumpOf();
    expect(before.payloads).toHaveLength(before.text.split('binary/encrypted-').length - 1);
    for (const { applicationId, canaries } of [...gone, kept]) {
      expect(before.text).toContain(applicationId);
      expect(canariesIn(before.text, canaries)).toEqual([]);
      const { payloads, decoded } = await readable(before, applicationId);
      expect(payloads).toBeGreaterThan(20);
      expect(decoded).toBe(payloads);
    }
    const ofKept = await readable(before, kept.applicationId);

    const [check, , ...later] = await place.killedAtEachStep(open.applicationId);
    expect(check).toMatchObject({ step: 'check', state: 'ok', start: 'AlreadyOpen' });
    expect(later.map(({ state, start }) => `${state} ${start}`)).toEqual(
      later.map(() => 'unfinished Forgotten'),
    );
    for (const { applicationId } of gone) {
      expect(await run(forgetting(applicationId), place.settings)).toMatchObject({ code: 0 });
      const status = await run(['status', applicationId, '--json'], place.settings);
      expect(JSON.parse(status.stdout)).toMatchObject({ applicationId, stage: 'forgotten' });
    }

    for (const { applicationId } of gone) {
      const { payloads, decoded } = await readable(before, applicationId);
      expect(payloads).toBeGreaterThan(20);
      expect(decoded).toBe(0);
    }
    // Temporal deletes from its tables after it has answered.
    await expect
      .poll(async () => readable(await dumpOf(), closed.applicationId), { timeout: 120_000, interval: 1000 })
      .toEqual({ payloads: 0, decoded: 0 });
    const after = await dumpOf();
    for (const { canaries } of [...gone, kept]) expect(canariesIn(after.text, canaries)).toEqual([]);
    // Temporal keeps the input of a start that it refused; it is encrypted with the same key.
    expect(await readable(after, open.applicationId)).toMatchObject({ decoded: 0 });
    expect(await readable(before, kept.applicationId)).toEqual(ofKept);
    const { payloads, decoded } = await readable(after, kept.applicationId);
    expect(payloads).toBeGreaterThan(20);
    expect(decoded).toBe(payloads);
    expect((await place.funnels.funnel(kept.applicationId).status()).stage).toBe('verified');
  },
  15 * 60_000,
);
