import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { deliver, letter } from './support/deliver.ts';
import { captureIn, createdFor, decideInRiskos } from '../support/riskos.ts';

let world: World;
let gateway: Gateway;
let relayUrl: string;

beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      review: { documents: [{ candidate: 'person', decision: 'REVIEW' }] },
      person: { documents: [{ candidate: 'person' }] },
    },
  });
  gateway = await createGateway(world.emulator.url);
  relayUrl = (await world.startRelay()).url;
  world.emulator.setWebhook(undefined);
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
});

async function paused(scenario: string, policy: object = quickPolicy) {
  const funnel = await world.start(scenario, { custom: { scenario }, policy });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const { id = '', eval_id: evalId = '' } = createdFor(world, funnel.applicationId).at(-1) ?? {};
  return { funnel, id, evalId };
}

const completedInRiskos = async (evalId: string) => {
  const answer = () => fetch(`${world.emulator.url}/admin/evaluations`).then((all) => all.text());
  await expect.poll(answer).toMatch(new RegExp(`"eval_id":"${evalId}"[^}]*evaluation_completed`));
};

// The signal does not carry when RiskOS decided, so what was true before the decision looks like a contradiction of it.
test('the REVIEW that came before an ACCEPT, delivered after it, is no contradiction', async () => {
  const { funnel, id, evalId } = await paused('review');
  await captureIn(world, evalId);
  await completedInRiskos(evalId);
  const before = letter('evaluation_completed', { id, eval_id: evalId, decision: 'REVIEW' });
  await decideInRiskos(world, evalId, 'ACCEPT');
  await deliver(relayUrl, letter('decision_update', { id, eval_id: evalId, decision: 'ACCEPT' }));
  await until(funnel, ({ stage }) => stage === 'verified');
  expect(await deliver(relayUrl, before)).toBe(200);
  // Delivered behind it, so that its line in the timeline says that both have been handled.
  await deliver(relayUrl, letter('case_status_updated', { id, eval_id: evalId }));
  const lines = async () => (await funnel.timeline()).map(({ what }) => what).join();
  await expect.poll(lines).toContain('case status updated');
  const status = await funnel.status();
  expect(status.verdicts.flatMap(({ flags }) => flags)).toEqual([]);
});

// A reading that failed is forgotten until the next one by the clock, which may be twelve hours away.
test('a result that was told while RiskOS could not be read is read soon after', async () => {
  const { funnel, id, evalId } = await paused('person');
  gateway.meddle = () => ({ status: 503, body: '{"message":"down"}' });
  await captureIn(world, evalId);
  await completedInRiskos(evalId);
  await deliver(relayUrl, letter('evaluation_completed', { id, eval_id: evalId, decision: 'ACCEPT' }));
  await until(funnel, ({ trouble }) => trouble !== null);
  gateway.meddle = () => 'pass';
  const status = await until(funnel, ({ stage }) => stage === 'verified', 6000);
  expect(status.trouble).toBeNull();
});
