import { expect, test } from 'vitest';
import type { Evaluation, Notice } from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createAgenda } from './server/agenda.ts';
import type { ActivityCall, ActivityOutcome } from './server/execution.ts';
import { fromPayload } from './server/protocol.ts';
import { sandbox } from './shared-sandbox.ts';
import { createServer, type Server } from './server/server.ts';
import { answered, callOf, names } from './world/contract.ts';

const startedAt = Date.UTC(2026, 0, 5, 9);
const minute = 60_000;
const workflowId = 'funnel-app-1';

interface Place {
  server: Server;
  notices: Notice[];
  pass: (milliseconds: number) => void;
  complete: () => void;
  /** Lets RiskOS answer with the images. */
  deliverImages: () => void;
  /** What the funnel publishes. */
  shown: () => unknown;
}

/** A candidate who is accepted at once, and whose images come when the test says so. */
function accepted(refusesChild: (workflowType: string) => boolean = () => false): Place {
  const agenda = createAgenda(startedAt);
  const notices: Notice[] = [];
  const waiting: ((outcome: ActivityOutcome) => void)[] = [];
  const perform = (activity: ActivityCall, end: (outcome: ActivityOutcome) => void): void => {
    const call = callOf(activity);
    switch (call.kind) {
      case 'create':
        agenda.after(50, () => end(answered(acceptedEvaluation(call.ask.evaluationId), true)));
        return;
      case 'read':
        agenda.after(50, () => end(answered(acceptedEvaluation(call.evaluationId), true)));
        return;
      case 'archive':
        waiting.push(end);
        return;
      case 'notify':
        notices.push(call.notice);
        agenda.after(50, () => end({ kind: 'completed', value: null }));
        return;
      case 'delete':
      case 'patch':
        throw new Error(`nobody asks for ${call.kind} here`);
    }
  };
  const server = createServer({
    agenda,
    sandbox,
    hazards: {
      taskLatency: () => 5,
      taskDuration: () => 2,
      dispatch: () => 5,
      timerLateness: () => 0,
      losesTask: () => false,
      evicts: () => false,
      suggestAtTask: () => Infinity,
    },
    perform,
    refusesChild,
    onCommit: () => undefined,
    onUpdate: () => undefined,
    beforeUpdates: () => undefined,
    replaysAtEnd: () => true,
    wrong: (reason) => {
      throw new Error(reason);
    },
    trace: () => undefined,
  });
  const application = exampleApplication('app-1', {
    policy: { documents: { start: 'immediately' }, images: { lag: '1 minute' } },
  });
  const funnel = server.start(names.funnel, workflowId, [application]);
  const pass = (milliseconds: number): void => {
    const end = agenda.now() + milliseconds;
    agenda.at(end, () => undefined);
    while (agenda.now() < end) agenda.step();
  };
  return {
    server,
    notices,
    pass,
    complete: () => server.update(workflowId, 'complete', {}, () => undefined),
    deliverImages() {
      const archivedAt = new Date(agenda.now()).toISOString();
      const value = { result: 'archived', count: 3, attachments: 0, archivedAt, noticesConfigured: true };
      for (const end of waiting.splice(0)) end({ kind: 'completed', value });
    },
    shown() {
      const { instance } = funnel.run;
      if (!instance) throw new Error('the workflow is not in memory');
      return fromPayload(instance.query(names.status));
    },
  };
}

function acceptedEvaluation(evaluationId: string): Evaluation {
  return {
    evaluationId,
    evalId: `eval-of-${evaluationId.split('~')[2] ?? ''}`,
    state: 'completed',
    failed: false,
    decision: 'ACCEPT',
    decidedAt: new Date(startedAt).toISOString(),
    ...(evaluationId.includes('document')
      ? {
          referenceId: 'reference-1',
          transactionToken: 'token-1',
          documentResult: 'accepted',
          documentType: 'Passport',
          documentCountry: 'USA',
        }
      : {}),
    reasonCodes: [],
    advice: [],
    risk: false,
    failedSteps: [],
    technical: false,
    tags: [],
    reviewQueues: [],
  };
}

test('a result that arrives after the funnel closed by itself reaches HR from the retention workflow', () => {
  const { server, notices, pass, complete, deliverImages, shown } = accepted();
  pass(2 * minute);
  expect(shown()).toMatchObject({ stage: 'verified', images: [{ result: 'pending' }] });
  complete();
  // The funnel waits a minute for its images, and ends without them.
  pass(5 * minute);
  const funnel = server.executions.get(workflowId);
  expect(funnel).toMatchObject({ status: 'completed' });
  expect(funnel?.result).toMatchObject({ outcome: 'completed', images: [{ result: 'pending' }] });
  const child = [...server.executions.values()].find(({ workflowType }) => workflowType === names.images);
  expect(child?.status).toBe('open');
  deliverImages();
  pass(minute);
  expect(child?.memo['status']).toMatchObject({ state: 'kept', result: 'archived', count: 3 });
  expect(notices.filter(({ type }) => type === 'images.changed')).toMatchObject([
    { data: { result: 'archived', state: 'kept' } },
  ]);
});

test('images whose retention workflow is not started are a failed result that HR is sent, and hold nobody up', () => {
  const { server, notices, pass, complete, shown } = accepted((type) => type === names.images);
  pass(5 * minute);
  const record = { result: 'failed', reason: 'not_started', count: 0 };
  expect(shown()).toMatchObject({ stage: 'verified', images: [record] });
  const sent = notices.filter(
    ({ type, data }) => type === 'funnel.changed' && data.changes.includes('images'),
  );
  expect(sent).toMatchObject([{ data: { images: [record] } }]);
  complete();
  pass(5 * minute);
  expect(server.executions.get(workflowId)?.result).toMatchObject({
    stage: 'closed',
    outcome: 'completed',
    images: [record],
  });
});
