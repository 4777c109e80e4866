import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { deliver, letter } from './support/deliver.ts';
import { captureIn, decideInRiskos, documentsOf, smsFor } from '../support/riskos.ts';

let world: World;
let gateway: Gateway;
let relayUrl: string;

beforeEach(async () => {
  world = await createWorld({
    scenarios: {
      person: { documents: [{ candidate: 'person' }] },
      review: { documents: [{ candidate: 'person', decision: 'REVIEW' }] },
    },
  });
  gateway = await createGateway(world.emulator.url);
  relayUrl = (await world.startRelay()).url;
  // RiskOS's own webhooks are lost; what comes is delivered here.
  world.emulator.setWebhook(undefined);
  await world.startWorker(gateway.url);
});
afterEach(async () => {
  await world.stopWorker();
  await gateway.close();
  await world.close();
});

/** The answer of the first POST for documents is lost after RiskOS has processed it. */
function loseAnswer(): void {
  gateway.meddle = ({ method, nth }) => (method === 'POST' && nth === 2 ? 'cut_after' : 'pass');
}

describe('a POST whose answer was lost', () => {
  test('is found again by the event of its pause', async () => {
    loseAnswer();
    const policy = { ...quickPolicy, ambiguousWait: '4s' };
    const funnel = await world.start('told', { custom: { scenario: 'person' }, policy });
    await expect.poll(() => documentsOf(world, funnel.applicationId).length).toBe(1);
    const { id = '', eval_id: evalId = '' } = documentsOf(world, funnel.applicationId)[0] ?? {};
    await deliver(relayUrl, letter('evaluation_paused', { id, eval_id: evalId }));
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });

  // Only `telling` events are adopted, though a progress note names the evaluation as well: a second SMS goes out.
  test('is found again by a progress note, when the event of its pause was lost', async () => {
    loseAnswer();
    const policy = { ...quickPolicy, ambiguousWait: '4s' };
    const funnel = await world.start('noted', { custom: { scenario: 'person' }, policy });
    await expect.poll(() => documentsOf(world, funnel.applicationId).length).toBe(1);
    const { id = '', eval_id: evalId = '' } = documentsOf(world, funnel.applicationId)[0] ?? {};
    const note = { id, eval_id: evalId, reviewer_id: 'Webhook', notes: 'Capture App Opened' };
    expect(await deliver(relayUrl, letter('case_notes_added', note))).toBe(200);
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
  });
});

describe('two evaluations for one attempt, both in review', () => {
  async function inReview() {
    loseAnswer();
    const policy = { ...quickPolicy, reconciliation: { first: '400ms', longest: '800ms' } };
    const funnel = await world.start('two', { custom: { scenario: 'review' }, policy });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const [lost, answered] = documentsOf(world, funnel.applicationId);
    if (!lost || !answered) throw new Error('there are no two evaluations');
    // The first one becomes known by its late event.
    await deliver(relayUrl, letter('evaluation_paused', { id: lost.id, eval_id: lost.eval_id }));
    await captureIn(world, lost.eval_id);
    await captureIn(world, answered.eval_id);
    const status = await until(funnel, ({ stage }) => stage === 'review');
    return { funnel, lost, answered, shown: status.verdicts.at(-1)?.evalId };
  }

  // In a review every evaluation is read and the last one read wins, so that one still in review hides the decision.
  test('end with the decision on the one that was answered, without any webhook', async () => {
    const { funnel, answered } = await inReview();
    await decideInRiskos(world, answered.eval_id, 'ACCEPT');
    const status = await until(funnel, ({ stage }) => stage === 'verified', 8000);
    expect(status.verdicts.at(-1)?.verdict).toBe('accept');
  });

  test('end with the decision on the one that was lost, without any webhook', async () => {
    const { funnel, lost } = await inReview();
    await decideInRiskos(world, lost.eval_id, 'ACCEPT');
    const status = await until(funnel, ({ stage }) => stage === 'verified', 8000);
    expect(status.verdicts.at(-1)?.verdict).toBe('accept');
  });
});
