import { notifySettings, readSettings } from '../config.ts';
import { dispatcherOfSettings } from '../network.ts';
import { createNotifier, type Notifier, type NotifierOptions } from '../notifier/index.ts';

/** What sends notices, as the environment says; undefined when none are sent. */
export function notifierOfSettings(
  shown: Pick<NotifierOptions, 'logger' | 'registry'> = {},
): Notifier | undefined {
  const { NOTIFY_URL, NOTIFY_SECRETS } = readSettings(notifySettings);
  if (!NOTIFY_URL || !NOTIFY_SECRETS) return undefined;
  return createNotifier({
    url: NOTIFY_URL,
    secrets: NOTIFY_SECRETS,
    dispatcher: dispatcherOfSettings(),
    ...shown,
  });
}
