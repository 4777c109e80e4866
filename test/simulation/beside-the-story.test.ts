import { describe, expect, test } from 'vitest';
import type { FunnelByHand } from './by-hand.ts';
import { asking, attempting, inReview, verified } from './carried/bases.ts';
import { accepted, open } from './carried/open.ts';
import { at, call, day, decided, event, idOf, minute, paused, second, timers } from './carried/row.ts';

const stage = 'document_verification';
const [earlier, current] = [idOf(stage, 1), idOf(stage, 2)] as const;

describe('notices', () => {
  const changesOf = (funnel: FunnelByHand): unknown[] => {
    const told: unknown[] = [];
    while (funnel.calls('notify').length > 0) {
      told.push(Object(call(funnel, 'notify')['data'])['changes']);
      funnel.settleNotice('taken');
    }
    return told;
  };

  test('tell each thing once', () => {
    const funnel = open(attempting('reading'), { images: { archiveOn: [] } });
    changesOf(funnel);
    funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
    funnel.settle('readEvaluation', { evaluation: accepted(current) });
    const verdict = call(funnel, 'notify')['data'];
    expect(verdict).toMatchObject({ changes: ['verdict'], verdicts: [{ evaluationId: current }] });
    expect(changesOf(funnel)).toEqual([['verdict']]);
    funnel.update('complete', {});
    const closed = call(funnel, 'notify')['data'];
    expect(closed).toMatchObject({ changes: ['closed'], verdicts: [], images: [] });
  });

  test('tell of a deadline that comes near, and that has passed', () => {
    const timed = { read: { times: [at + 9 * day] }, deadline: { times: [at + second, at + minute] } };
    const review = { ...inReview(decided(current, 'REVIEW'), 'review'), timers: timed };
    const funnel = open(review);
    changesOf(funnel);
    for (const escalation of ['reminder', 'overdue']) {
      funnel.fire(timers.deadline);
      expect(changesOf(funnel)).toEqual([['escalation']]);
      expect(funnel.status().escalation).toBe(escalation);
      expect(funnel.attributes()).toMatchObject({ FunnelEscalation: escalation });
    }
  });

  test('are kept up to fifty, the newest ones', () => {
    const unsent = Array.from({ length: 50 }, (_, index) => ({
      id: `notice-${index}`,
      timestamp: new Date(at).toISOString(),
      type: 'images.changed',
      data: {},
    }));
    const funnel = open({ ...asking, notices: { unsent } });
    const ids: unknown[] = [];
    while (funnel.calls('notify').length > 0) {
      ids.push(call(funnel, 'notify')['id']);
      funnel.settleNotice('taken');
    }
    expect(ids).toHaveLength(51 - 1);
    expect(ids.at(-1)).toMatch(/~notice~/);
  });

  test('are none where nobody listens, and once somebody does', () => {
    const funnel = open({ ...asking, notices: { wanted: false } });
    expect(funnel.asked('notify')).toBe(0);
    funnel.update('requestDocuments', {});
    funnel.settle('createEvaluation', { evaluation: paused(idOf(stage, 1)) });
    expect(changesOf(funnel)).toEqual([['next_action']]);
  });
});

describe('images', () => {
  test('of one evaluation are asked for once, whoever decides it again', () => {
    const images = [{ evaluationId: current, result: 'archived', count: 3 }];
    const funnel = open({ ...inReview(accepted(current, { decision: 'REVIEW' }), 'review'), images });
    funnel.update('review', { verdict: 'accept', by: 'hr', reason: 'seen' });
    expect(funnel.status().stage).toBe('verified');
    expect(funnel.timer(timers.images)).toBeUndefined();
    expect(funnel.status().images).toEqual(images);
  });

  test.each([
    [{ documentResult: 'not_accepted' }, 1],
    [{}, 0],
  ] as const)('of a passive check are those of its own capture: %j', (documents, wanted) => {
    const passive = idOf('passive_check', 2);
    const latest = decided(passive, 'REJECT', documents);
    const funnel = open(attempting('reading', 'passive_check', { latest }), {
      images: { archiveOn: ['reject'] },
    });
    expect(funnel.children()).toHaveLength(wanted);
    expect(funnel.status().images).toHaveLength(wanted);
  });

  test('are reported by whom they are about, and a report of others changes nothing', () => {
    const images = [{ evaluationId: current, result: 'pending', count: 0 }];
    const funnel = open({ ...verified, images });
    funnel.signal('imagesSettled', { evaluationId: earlier, result: 'archived', count: 3 });
    funnel.signal('imagesSettled', { evaluationId: current, result: 'no-such-result', count: 3 });
    expect(funnel.status().images).toEqual(images);
    for (let times = 0; times < 2; times += 1)
      funnel.signal('imagesSettled', { evaluationId: current, result: 'archived', count: 3 });
    expect(funnel.timeline().map(({ what }) => what)).toEqual(['images: archived (3)']);
  });
});

describe('the timeline', () => {
  test('has with each verdict on an evaluation what an audit needs of that one', () => {
    const funnel = open(attempting('reading', stage, { latest: decided(current, 'REVIEW') }));
    funnel.update('review', { verdict: 'reject', by: 'hr', reason: 'seen' });
    const verdicts = funnel.timeline().flatMap(({ verdict }) => (verdict ? [verdict] : []));
    expect(verdicts).toMatchObject([
      { verdict: 'review', flags: [] },
      { verdict: 'reject', flags: ['decided_by_hr'] },
    ]);
  });

  test('forgets progress notes first, and who reviewed last', () => {
    const entry = (kind: string, what: string) => ({ at: new Date(at).toISOString(), kind, what });
    const full = [
      entry('review', 'review: accept: seen'),
      entry('riskos_event', 'a progress note'),
      ...Array.from({ length: 98 }, (_, index) => entry('update', `update ${index}`)),
    ];
    const funnel = open({
      ...verified,
      timeline: full,
      images: [{ evaluationId: current, result: 'pending', count: 0 }],
    });
    funnel.signal('imagesSettled', { evaluationId: current, result: 'archived', count: 1 });
    expect(
      funnel
        .timeline()
        .slice(0, 2)
        .map(({ what }) => what),
    ).toEqual(['review: accept: seen', 'update 0']);
    funnel.signal('imagesSettled', { evaluationId: current, result: 'deleted', count: 1 });
    expect(
      funnel
        .timeline()
        .slice(0, 2)
        .map(({ what }) => what),
    ).toEqual(['review: accept: seen', 'update 1']);
    expect(funnel.timeline()).toHaveLength(100);
  });
});
