import { log, proxyActivities } from '@temporalio/workflow';
import type { NotificationActivities } from '../activities/notifications.ts';
import type { Notice } from '../src/contract/index.ts';
import { now } from './clock.ts';

/** How long a notice is retried, in milliseconds: a receiver that is down over a weekend misses nothing. */
const retriedFor = 3 * 24 * 3600_000;

const { notify } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1 hour' },
});

/** Sends what was left when a funnel ended, in order. */
export async function noticeDelivery(notices: Notice[]): Promise<void> {
  for (const notice of notices) await deliver(notice);
}

/** Delivers one notice, for days if need be. */
export async function deliver(notice: Notice): Promise<void> {
  const left = Date.parse(notice.timestamp) + retriedFor - now();
  try {
    await notify.executeWithOptions(
      { scheduleToCloseTimeout: Math.max(60_000, left), summary: summaryOf(notice) },
      [notice],
    );
  } catch {
    log.error('a notice could not be delivered within three days', { notice: notice.id });
  }
}

function summaryOf(notice: Notice): string {
  if (notice.type === 'images.changed') return `notice: images ${notice.data.result}`;
  return `notice: ${notice.data.changes.join(', ').replaceAll('_', ' ')}`;
}
