import { describe, expect, test } from 'vitest';
import type { FunnelByHand } from './by-hand.ts';
import { attempting } from './carried/bases.ts';
import { accepted, open } from './carried/open.ts';
import { at, call, day, event, hour, idOf, paused, timers } from './carried/row.ts';

const stage = 'document_verification';
const [earlier, current, next] = [idOf(stage, 1), idOf(stage, 2), idOf(stage, 3)] as const;

describe('a deadline that passed while nothing worked', () => {
  const policy = { documents: { deadline: '1 day' } };
  const deadline = { at: at + day, reminderAt: null };
  const readAfterDeadline = (funnel: FunnelByHand): void => {
    funnel.fire(timers.deadline);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    expect(funnel.status()).toMatchObject({ stage: 'closed', outcome: 'expired' });
  };

  test('of RiskOS, which refused to be read, counts as soon as a person resumes the funnel', () => {
    const funnel = open(attempting('reading', stage, { reads: 1, deadline }), policy);
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { failure: 'refused' });
    expect(funnel.status()).toMatchObject({ attention: { kind: 'reading_refused' } });
    funnel.update('retry', {});
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    readAfterDeadline(funnel);
  });

  test('of the workers counts an hour after they are back, not after the intervals of the policy', () => {
    const funnel = open(attempting('reading', stage, { reads: 1, deadline }), policy);
    funnel.fire(timers.read);
    const back = funnel.now();
    while (funnel.timer(timers.deadline) === undefined) {
      funnel.settle('readEvaluation', { evaluation: paused(current) });
      funnel.fire(timers.read);
    }
    expect(funnel.now() - back).toBeLessThan(hour);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    readAfterDeadline(funnel);
  });
});

describe('a funnel that stopped because the RiskOS workflow failed', () => {
  const failing = paused(current, { state: 'in_progress', failed: true });
  const stopped = (more: object = {}): FunnelByHand => {
    const state = attempting('reading');
    const funnel = open({ ...state, position: { ...Object(state).position, ...more } });
    funnel.signal('riskosEvent', event(current, { eventType: 'workflow_execution_failed' }));
    funnel.settle('readEvaluation', { evaluation: failing });
    expect(funnel.status()).toMatchObject({ attention: { kind: 'execution_failed' } });
    return funnel;
  };

  test('judges the evaluation that completed after all, whether an event or a poll finds it', () => {
    const completed = event(current, { eventType: 'evaluation_completed', eventId: 'event-10' });
    for (const learns of [
      (funnel: FunnelByHand) => funnel.signal('riskosEvent', completed),
      (funnel: FunnelByHand) => funnel.signal('riskosEvent', { ...completed, evalId: 'eval-3' }),
      (funnel: FunnelByHand) => funnel.fire(timers.read),
    ]) {
      const funnel = stopped();
      learns(funnel);
      const evalId = String(call(funnel, 'readEvaluation')['evalId']);
      funnel.settle('readEvaluation', { evaluation: accepted(current, { evalId }) });
      expect(funnel.status()).toMatchObject({
        stage: 'verified',
        verdicts: [{ evaluationId: current, evalId, verdict: 'accept' }],
      });
      expect(funnel.asked('createEvaluation')).toBe(0);
    }
  });

  test('shows the link again, with the whole time, where RiskOS waits for the candidate again', () => {
    const funnel = stopped();
    while (funnel.now() < Date.UTC(2030, 0, 12)) {
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { evaluation: failing });
    }
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { evaluation: paused(current) });
    const deadline = new Date(funnel.now() + 7 * day).toISOString();
    expect(funnel.status()).toMatchObject({
      stage,
      attempt: 2,
      deadline,
      nextAction: { kind: 'show_capture_link', expiresAt: deadline },
    });
    expect(funnel.asked('createEvaluation')).toBe(0);
  });

  test('takes the late accept of an earlier attempt', () => {
    const funnel = stopped({ givenUp: [{ evaluationId: earlier, number: 1, evalIds: ['eval-1'] }] });
    funnel.signal(
      'riskosEvent',
      event(earlier, { evalId: 'eval-1', eventType: 'evaluation_completed', eventId: 'event-10' }),
    );
    funnel.settle('readEvaluation', { evaluation: accepted(earlier, { evalId: 'eval-1' }) });
    expect(funnel.status()).toMatchObject({
      stage: 'verified',
      verdicts: [{ evaluationId: earlier, verdict: 'accept' }],
    });
    expect(funnel.asked('createEvaluation')).toBe(0);
  });

  test('begins another evaluation for nobody but the person who retries', () => {
    const funnel = stopped();
    expect(funnel.timer(timers.read)).toBe(12 * hour);
    funnel.update('retry', {});
    expect(call(funnel, 'createEvaluation')).toMatchObject({ evaluationId: next });
  });
});
