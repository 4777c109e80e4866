import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';
import { randomOf } from './random.ts';
import { deliver, letter } from './support/deliver.ts';
import { captureIn, createdFor } from '../support/riskos.ts';

let world: World;
let gateway: Gateway;
let relayUrl: string;

beforeAll(async () => {
  world = await createWorld({ scenarios: { person: { documents: [{ candidate: 'person' }] } } });
  gateway = await createGateway(world.emulator.url);
  relayUrl = (await world.startRelay()).url;
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.stopWorker();
  await gateway.close();
  await world.close();
});

async function paused() {
  const funnel = await world.start('flood', { custom: { scenario: 'person' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const { id = '', eval_id: evalId = '' } = createdFor(world, funnel.applicationId).at(-1) ?? {};
  const reads = () => gateway.passed.filter((call) => call.startsWith('GET /api/evaluation/'));
  return { funnel, id, evalId, reads };
}

async function deliverAll(letters: ReturnType<typeof letter>[]): Promise<void> {
  for (let at = 0; at < letters.length; at += 50) {
    const answers = await Promise.all(letters.slice(at, at + 50).map((one) => deliver(relayUrl, one)));
    expect(new Set(answers)).toEqual(new Set([200]));
  }
}

describe('500 events', () => {
  test('to one funnel – progress notes, doubles, strangers – cost little, and it ends right', async () => {
    const { funnel, id, evalId, reads } = await paused();
    const notes = Array.from({ length: 200 }, () =>
      letter('case_notes_added', { id, eval_id: evalId, reviewer_id: 'Webhook', notes: 'Process Initiated' }),
    );
    const once = letter('evaluation_paused', { id, eval_id: evalId, decision: 'REVIEW' });
    const doubles = Array.from({ length: 150 }, () => once);
    const strangers = Array.from({ length: 150 }, () =>
      letter('evaluation_completed', {
        id: id.replace(/~[0-9a-f]{8}~/, '~00000000~'),
        eval_id: randomUUID(),
        decision: 'REJECT',
      }),
    );
    const before = reads().length;
    await deliverAll(randomOf(1, 'flood').shuffled([...notes, ...doubles, ...strangers]));
    await captureIn(world, evalId);
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);

    // One for the pause that was told 150 times, one for its real event, one or two for the completion.
    expect(reads().length - before).toBeLessThanOrEqual(4);
    const { events } = await world.temporal.workflow
      .getHandle(`funnel-${funnel.applicationId}`)
      .fetchHistory();
    // A signal is one event and at worst a workflow task of three more; the rest of the story is some sixty.
    const signals = events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
    expect(signals).toBeGreaterThanOrEqual(500);
    expect(events?.length).toBeLessThan(signals * 4 + 100);
    expect((await funnel.timeline()).length).toBeLessThanOrEqual(100);
  });

  // Each unknown eval_id is read, although only the last four are kept: `toRead` in evaluation.ts has no bound.
  test('or a hundred that name as many unknown eval_ids cost few readings', async () => {
    const { funnel, id, evalId, reads } = await paused();
    const before = reads().length;
    await deliverAll(
      Array.from({ length: 100 }, () =>
        letter('evaluation_completed', { id, eval_id: randomUUID(), decision: 'ACCEPT' }),
      ),
    );
    await captureIn(world, evalId);
    await until(funnel, ({ stage }) => stage === 'verified');
    expect(reads().length - before).toBeLessThan(30);
  });
});
