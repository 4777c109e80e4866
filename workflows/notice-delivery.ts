import { ActivityFailure, ApplicationFailure, log, proxyActivities } from '@temporalio/workflow';
import type { NotificationActivities } from '../activities/notifications.ts';
import {
  activityBounds,
  inWords,
  listed,
  type Notice,
  type NoticeFailure,
  parseNoticeFailure,
} from '../src/contract/index.ts';
import { now } from './clock.ts';

/** How long a notice is retried, in milliseconds: a receiver that is down over a weekend misses nothing. */
const retriedFor = 3 * 24 * 3600_000;

const { notify } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: activityBounds.notice,
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1 hour' },
});

/** Sends the notices that were left when a workflow ended, in order. */
export async function noticeDelivery(notices: Notice[]): Promise<void> {
  for (const notice of notices) await deliver(notice);
}

/** Delivers one notice, for days if need be. Returns why the receiver never took it. */
export async function deliver(notice: Notice): Promise<NoticeFailure | undefined> {
  const left = Date.parse(notice.timestamp) + retriedFor - now();
  try {
    await notify.executeWithOptions(
      { scheduleToCloseTimeout: Math.max(60_000, left), summary: summaryOf(notice) },
      [notice],
    );
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    log.error('a notice was not delivered', listed({ notice: notice.id, ...failure }));
    return failure;
  }
}

/** A refused notice does not hold up the next one. */
export function failureInWords({ type, reason, status, action }: NoticeFailure): string {
  const answer = status === null ? reason : `${reason}, ${status}`;
  return type === 'NoticeRefused'
    ? `a notice was refused (${answer}): ${action}`
    : `a notice was not delivered within three days (${answer})`;
}

function failureOf(error: unknown): NoticeFailure {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure
    ? parseNoticeFailure(cause.type, cause.details?.[0])
    : parseNoticeFailure(undefined, undefined);
}

function summaryOf(notice: Notice): string {
  if (notice.type === 'images.changed') return `notice: images ${notice.data.result}`;
  return `notice: ${inWords(notice.data.changes.join(', '))}`;
}
