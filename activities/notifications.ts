import type { Notice, NoticeFailureType, NoticeTrouble } from '../src/contract/index.ts';
import { type Notifier, NotifyError } from '../src/notifier/index.ts';
import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

export interface NotificationActivities {
  /**
   * One POST to `NOTIFY_URL`. Fails with a {@link NoticeFailureType} and a {@link NoticeTrouble}: `NoticeNotTaken` is
   * retried by Temporal, `NoticeRefused` is not. Does nothing without `NOTIFY_URL`.
   */
  notify(notice: Notice): Promise<void>;
}

export function createNotificationActivities(
  notifier: Notifier | undefined,
  random: () => number = Math.random,
): NotificationActivities {
  return {
    notify: async (notice) => {
      try {
        await notifier?.send(notice, Context.current().cancellationSignal);
      } catch (error) {
        throw failureOf(error, random);
      }
    },
  };
}

function failureOf(error: unknown, random: () => number): unknown {
  if (!(error instanceof NotifyError)) return error;
  const trouble: NoticeTrouble = { reason: error.type, status: error.status ?? null, action: error.action };
  const type: NoticeFailureType = error.retryable ? 'NoticeNotTaken' : 'NoticeRefused';
  const delay = error.retryable ? delayOf(error, random) : undefined;
  return ApplicationFailure.create({
    message: error.message,
    type,
    nonRetryable: !error.retryable,
    details: [trouble],
    ...(delay === undefined ? {} : { nextRetryDelay: delay }),
  });
}

/** The retry policy of `notify`, in milliseconds: a receiver that asks for "0 s" does not get more frequent attempts. */
const firstDelay = 5000;
const longestDelay = 60 * 60_000;

/** At least the wait that the receiver asked for, with jitter, so that funnels do not all return at the same moment. */
function delayOf({ retryAfter }: NotifyError, random: () => number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const byPolicy = Math.min(longestDelay, firstDelay * 2 ** (activityInfo().attempt - 1));
  return Math.round(Math.max(retryAfter, byPolicy) * (1 + random() / 5));
}
