import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleApplication } from '../support/application.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';
import { deliver, letter } from './support/deliver.ts';
import { captureIn, createdFor } from '../support/riskos.ts';

let world: World;
let relayUrl: string;

beforeAll(async () => {
  world = await createWorld({ scenarios: { person: { documents: [{ candidate: 'person' }] } } });
  relayUrl = (await world.startRelay()).url;
  await world.startWorker();
});
afterAll(() => world.close());

test('an application used again has new evaluationIds, and late webhooks of its first funnel change nothing', async () => {
  const first = await world.start('reused', { custom: { scenario: 'person' } });
  const { applicationId } = first;
  await until(first, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const old = createdFor(world, applicationId);
  await first.withdraw();
  await first.result();

  const second = await world.funnels.startFunnel(
    exampleApplication(applicationId, { custom: { scenario: 'person' }, policy: quickPolicy }),
    { again: true },
  );
  const before = await until(second, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const created = createdFor(world, applicationId);
  const fresh = created.slice(old.length);
  expect(fresh.map(({ id }) => id)).toHaveLength(2);
  for (const { id } of fresh) expect(old.map((one) => one.id)).not.toContain(id);

  // The candidate still finishes the first capture, and RiskOS tells of it in every way it has.
  const { id = '', eval_id: evalId = '' } = old.at(-1) ?? {};
  await captureIn(world, evalId);
  await expect
    .poll(() =>
      world.emulator
        .ledger()
        .webhooks.some(
          (sent) =>
            sent.eval_id === evalId && sent.event_type === 'evaluation_completed' && sent.status === 200,
        ),
    )
    .toBe(true);
  for (const type of ['evaluation_completed', 'decision_update', 'reevaluation', 'evaluation_paused']) {
    expect(await deliver(relayUrl, letter(type, { id, eval_id: evalId, decision: 'REJECT' }))).toBe(200);
  }
  expect(await second.status()).toEqual(before);

  await captureIn(world, fresh.at(-1)?.eval_id ?? '');
  const status = await until(second, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  expect(status.verdicts.map(({ evaluationId }) => evaluationId)).toEqual(fresh.map((one) => one.id));
});
