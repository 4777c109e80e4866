import { log, proxyActivities } from '@temporalio/workflow';
import type { NotificationActivities } from '../activities/notifications.ts';
import type { Notice } from '../src/contract/index.ts';
import { now } from './clock.ts';

/** How long one notice is tried: a receiver that is down over a weekend misses nothing. */
const triedFor = 3 * 24 * 3600_000;

const { notify } = proxyActivities<NotificationActivities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1 hour' },
});

/** Sends one notice, for days if need be. */
export async function tellHr(notice: Notice): Promise<void> {
  const left = Date.parse(notice.timestamp) + triedFor - now();
  try {
    await notify.executeWithOptions(
      { scheduleToCloseTimeout: Math.max(60_000, left), summary: summaryOf(notice) },
      [notice],
    );
  } catch {
    log.error('HR could not be told for three days', { notice: notice.id });
  }
}

function summaryOf(notice: Notice): string {
  if (notice.type === 'images.deleted') return 'tell HR: images deleted';
  return `tell HR: ${notice.data.changes.join(', ').replaceAll('_', ' ')}`;
}
