import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createNotificationActivities } from '../../activities/notifications.ts';
import {
  type Notice,
  type NoticeFailure,
  noticeFailureTypes,
  type NoticeProblem,
  noticeProblemWords,
  parseNoticeFailure,
} from '../../src/contract/index.ts';
import { NotifyError } from '../../src/notifier/index.ts';
import { deletedImages } from '../support/images.ts';

const notice: Notice = {
  id: 'app-1~0a1b2c3d~notice~1',
  timestamp: '2026-03-02T10:00:00.000Z',
  type: 'images.changed',
  data: deletedImages,
};

/** The SDK logs each failure of an activity as a warning. */
const logger = new DefaultLogger('ERROR');

async function failureOf(error: unknown, { attempt = 1, random = 0 } = {}): Promise<ApplicationFailure> {
  const notifier = { send: () => Promise.reject(error), close: () => Promise.resolve() };
  const activities = createNotificationActivities(notifier, () => random);
  const activity = new MockActivityEnvironment({ attempt }, { logger });
  const failure: unknown = await activity
    .run(() => activities.notify(notice))
    .then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason,
    );
  if (failure instanceof ApplicationFailure) return failure;
  throw failure;
}

/** What holds no other notice up. A new word without a row does not compile. */
const final: Record<NoticeProblem, boolean> = {
  Redirected: true,
  SignatureRefused: true,
  NotFound: true,
  Gone: true,
  TooLarge: true,
  Refused: true,
  Busy: false,
  ServerError: false,
  Unreachable: false,
  InsecureConnection: false,
  TimedOut: false,
  ConnectionLost: false,
  MalformedAnswer: false,
  Cancelled: false,
};

describe('a failure of notify', () => {
  it.each(noticeProblemWords)('says of %s whether it is sent again, and what to do', async (reason) => {
    const error = new NotifyError(reason, { status: 418 });
    const failure = await failureOf(error);
    expect(failure.nonRetryable).toBe(final[reason]);
    const expected: NoticeFailure = {
      type: final[reason] ? 'NoticeRefused' : 'NoticeNotTaken',
      reason,
      status: 418,
      action: error.action,
    };
    expect(parseNoticeFailure(failure.type, failure.details?.[0])).toEqual(expected);
  });

  it.each([
    ['asked for', { retryAfter: 90_000 }, {}, 90_000],
    ['asked for, spread by a fifth', { retryAfter: 90_000 }, { random: 1 }, 108_000],
    ['of the policy where less is asked for', { retryAfter: 0 }, {}, 5000],
    ['of the policy, which grows', { retryAfter: 0 }, { attempt: 4 }, 40_000],
    ['of the policy, which ends at an hour', { retryAfter: 0 }, { attempt: 40 }, 3_600_000],
  ])('waits as long as is %s', async (_, asked, how, delay) => {
    expect((await failureOf(new NotifyError('Busy', asked), how)).nextRetryDelay).toBe(delay);
  });

  it('leaves the wait to the policy where the receiver names none, and where nothing is sent again', async () => {
    expect((await failureOf(new NotifyError('ServerError'))).nextRetryDelay).toBeFalsy();
    expect((await failureOf(new NotifyError('Gone', { retryAfter: 1000 }))).nextRetryDelay).toBeFalsy();
  });

  it('is nothing when nobody is to be told', async () => {
    const activities = createNotificationActivities(undefined);
    expect(
      await new MockActivityEnvironment({}, { logger }).run(() => activities.notify(notice)),
    ).toBeUndefined();
  });
});

describe('the failure of notify, as the workflow reads it', () => {
  it('is not taken where nothing is known about it', () => {
    for (const type of [undefined, null, 'TypeError', 'toString', 7]) {
      expect(parseNoticeFailure(type, { reason: 'Gone', status: 410, action: 'x' })).toEqual({
        type: 'NoticeNotTaken',
        reason: 'no answer',
        status: null,
        action: '',
      });
    }
  });

  it.each(noticeFailureTypes)('of a newer release keeps its type: %s', (type) => {
    expect(parseNoticeFailure(type, { reason: 'MoonPhase', status: '410' })).toEqual({
      type,
      reason: 'Unexpected',
      status: null,
      action: '',
    });
    expect(parseNoticeFailure(type, undefined).type).toBe(type);
  });
});
