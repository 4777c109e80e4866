import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { InvalidEmulatorOptions, startEmulator } from '../../src/emulator/index.ts';
import { body, emulator, subscriber, until } from './support.ts';

async function stateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'state.json');
}

/** An emulator that is gone the moment this returns: what it had in memory is lost. */
async function killed(stateBefore: string, sent: object[], pace: number): Promise<string[]> {
  const riskos = await emulator({ stateFile: stateBefore, pace });
  const ids = [];
  for (const one of sent) ids.push((await riskos.create(one)).eval_id);
  const file = await readFile(stateBefore, 'utf8');
  await riskos.close();
  await writeFile(stateBefore, file);
  return ids;
}

test('an emulator that is killed goes on where it was, and nothing happens twice', async () => {
  const file = await stateFile();
  const docv = { config: { send_message: true } };
  const sent = [body('docv', 'review-then-accept', { docv }), body('passive', 'accept')];
  const [documents = '', passive = ''] = await killed(file, sent, 60_000);
  const hr = await subscriber();
  const riskos = await emulator({ stateFile: file, subscriber: hr });
  expect(await riskos.read(passive)).toMatchObject({ decision: 'ACCEPT' });
  expect((await hr.next('evaluation_completed')).data).toMatchObject({
    eval_id: documents,
    decision: 'REVIEW',
  });
  expect((await hr.next('decision_update')).data).toMatchObject({ eval_id: documents, decision: 'ACCEPT' });
  const { evaluations, sms } = riskos.ledger();
  expect(evaluations.map(({ eval_id }) => eval_id)).toEqual([documents, passive]);
  expect(sms.map(({ eval_id }) => eval_id)).toEqual([documents]);
});

test('attempts and the counts of faults go on', async () => {
  const file = await stateFile();
  const person = { id: 'same person' };
  await killed(file, [body('docv', 'resubmit-then-accept', person)], 60_000);
  const riskos = await emulator({ stateFile: file });
  const second = await riskos.create(body('docv', 'resubmit-then-accept', person), 201);
  expect((await riskos.completed(second.eval_id)).decision).toBe('ACCEPT');
  await riskos.call('POST', '/api/evaluation', body('passive', 'rate-limited', person, 'limited'));
  await riskos.close();
  const again = await emulator({ stateFile: file });
  const sent = body('passive', 'rate-limited', person, 'limited');
  expect((await again.call('POST', '/api/evaluation', sent)).status).toBe(200);
});

test('a webhook that was not taken yet is tried again', async () => {
  const file = await stateFile();
  const refusing = await subscriber(Array<number>(1000).fill(503));
  const first = await emulator({ stateFile: file, subscriber: refusing, retry: { firstDelay: 60_000 } });
  const { eval_id } = await first.create(body('docv', 'withdrawn'), 201);
  const tried = await until(() => first.ledger().webhooks[0], 'a try');
  await first.close();
  const hr = await subscriber();
  await emulator({ stateFile: file, subscriber: hr });
  const event = await until(
    () => hr.received.find(({ event_id }) => event_id === tried.event_id),
    'the same event',
  );
  expect(event.data.eval_id).toBe(eval_id);
});

test('a file that is something else is refused', async () => {
  const file = await stateFile();
  await writeFile(file, '{"version": 3}');
  await expect(startEmulator({ apiKey: 'k', stateFile: file })).rejects.toThrow(InvalidEmulatorOptions);
});
