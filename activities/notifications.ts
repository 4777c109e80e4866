import type { Notice } from '../src/contract/index.ts';
import type { Notifier } from '../src/notifier/index.ts';
import { Context } from '@temporalio/activity';

export interface NotificationActivities {
  /** One POST to `NOTIFY_URL`; retried by Temporal for days until it is answered with 2xx. Nothing set, nothing sent. */
  notify(notice: Notice): Promise<void>;
}

export function createNotificationActivities(notifier: Notifier | undefined): NotificationActivities {
  return {
    notify: async (notice) => notifier?.send(notice, Context.current().cancellationSignal),
  };
}
