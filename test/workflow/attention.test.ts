import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createGateway, type Gateway, type Meddling } from '../support/gateway.ts';
import { documentsOf } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;

beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      'documents-review': { documents: [{ decision: 'REVIEW' }] },
      code: { passive: [{ waitsFor: ['one_time_code'] }] },
    },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
});
beforeEach(() => {
  gateway.meddle = () => 'pass';
});

const notFound: Meddling = { status: 404, body: '{"message":"Not found"}' };
const refused: Meddling = { status: 403, body: '{"error":"denied","code":"PERMISSION_DENIED"}' };

describe('an evaluation that RiskOS has begun', () => {
  const quickReading = {
    ...quickPolicy,
    reconciliation: { first: '200ms', longest: '200ms' },
    ambiguousWait: '100ms',
  };

  test('and forgotten stops the funnel, and a retry begins another one', async () => {
    gateway.meddle = ({ method, path }) =>
      method === 'GET' && path === `/api/evaluation/${documentsOf(world, funnel.applicationId)[0]?.eval_id}`
        ? notFound
        : 'pass';
    const funnel = await world.start('forgotten', { custom: { scenario: 'absent' }, policy: quickReading });
    const stopped = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(stopped.attention?.reason).toMatch(
      /no longer knows the evaluation .* A retry begins another evaluation/,
    );
    const again = await funnel.retry();
    expect(again.stage).toBe('document_verification');
    const status = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(status.attempt).toBe(2);
    expect(documentsOf(world, funnel.applicationId)).toHaveLength(2);
  });

  test('and tells of before it can be read is read again a moment later', async () => {
    let lag = 2;
    gateway.meddle = ({ method }) => (method === 'GET' && lag-- > 0 ? notFound : 'pass');
    const funnel = await world.start('lagging', { custom: { scenario: 'accept' }, policy: quickReading });
    await until(funnel, ({ stage }) => stage === 'verified');
    expect(documentsOf(world, funnel.applicationId)).toHaveLength(1);
  });

  test('but that cannot be read from its deadline on stops the funnel, not the candidate', async () => {
    gateway.meddle = ({ method }) => (method === 'GET' ? { status: 503, body: '{}' } : 'pass');
    const policy = { ...quickReading, documents: { ...quickPolicy.documents, deadline: '1s' } };
    const funnel = await world.start('unreadable', { custom: { scenario: 'absent' }, policy });
    const stopped = await until(funnel, ({ stage }) => stage === 'needs_attention');
    expect(stopped.attention?.reason).toMatch(/RiskOS has been unreadable since the deadline/);
    gateway.meddle = () => 'pass';
    await funnel.retry();
    expect((await funnel.result()).outcome).toBe('expired');
  });
});

test('an event that explains what became of unclear POSTs ends the attention they asked for', async () => {
  await world.stopRelay();
  onTestFinished(async () => void (await world.startRelay()));
  let posts = 0;
  gateway.meddle = ({ method }) => (method === 'POST' && posts++ > 0 ? 'cut_after' : 'pass');
  const funnel = await world.start('explained', {
    custom: { scenario: 'absent' },
    policy: { ...quickPolicy, ambiguousWait: '10ms' },
  });
  await until(funnel, ({ stage }) => stage === 'needs_attention');
  const [created] = documentsOf(world, funnel.applicationId);
  await world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).signal<unknown[]>('riskosEvent', {
    eventId: 'explains',
    eventType: 'evaluation_paused',
    evaluationId: created?.id,
    evalId: created?.eval_id,
  });
  const status = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  expect(status).toMatchObject({ stage: 'document_verification', attention: null });
});

test('a review can be decided by HR although RiskOS refuses to show the evaluation', async () => {
  const policy = { ...quickPolicy, reconciliation: { first: '300ms', longest: '300ms' } };
  const funnel = await world.start('review', { custom: { scenario: 'documents-review' }, policy });
  await until(funnel, ({ stage }) => stage === 'review');
  gateway.meddle = ({ method }) => (method === 'GET' ? refused : 'pass');
  await until(funnel, ({ trouble }) => trouble !== null);
  const status = await funnel.review({ verdict: 'reject', by: 'reviewer-7', reason: 'another person' });
  expect(status).toMatchObject({ stage: 'closed', outcome: 'rejected' });
  expect(verdictsOf(status).at(-1)).toBe('document_verification 1 reject');
});

test('a withdrawal does not wait for a step-up that RiskOS leaves unanswered', async () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gateway.meddle = ({ method }) => (method === 'PATCH' ? { hold_after: () => opened } : 'pass');
  const funnel = await world.start('patch', { custom: { scenario: 'code' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'enter_one_time_code');
  const submitted = funnel.submitOneTimeCode({ code: '123456' }).catch((error: unknown) => error);
  await expect.poll(() => gateway.passed.some((call) => call.startsWith('PATCH'))).toBe(true);
  expect((await funnel.withdraw()).outcome).toBe('withdrawn');
  expect((await funnel.result()).outcome).toBe('withdrawn');
  expect(await submitted).toMatchObject({ type: 'RiskosUnavailable' });
  open();
});

test('failed downloads of images use up none of the askings for images that lag', async () => {
  let failures = 2;
  let lagging = 2;
  gateway.meddle = ({ path }) => {
    if (!path.endsWith('/documents')) return 'pass';
    if (failures-- > 0) return { status: 503, body: '{}' };
    return lagging-- > 0 ? { status: 400, body: '{"message":"No Documents Found"}' } : 'pass';
  };
  const funnel = await world.start('images', { custom: { scenario: 'accept' } });
  const status = await until(funnel, ({ images }) => (images[0]?.result ?? 'pending') !== 'pending', 60_000);
  expect(status.images).toMatchObject([{ result: 'archived', count: 3 }]);
});
