import { notifySettings, readSettings } from '../config.ts';
import { createNotifier, type Notifier } from '../notifier/index.ts';

/** Who is told of changes, as the environment says; undefined: nobody. */
export function notifierOfSettings(): Notifier | undefined {
  const { NOTIFY_URL, NOTIFY_SECRETS } = readSettings(notifySettings);
  return NOTIFY_URL && NOTIFY_SECRETS
    ? createNotifier({ url: NOTIFY_URL, secrets: NOTIFY_SECRETS })
    : undefined;
}
