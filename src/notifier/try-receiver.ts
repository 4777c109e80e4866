import { NotifyError } from './errors.ts';
import type { Notifier } from './notifier.ts';

/** What a receiver made of a test notice, for people. */
export interface TriedReceiver {
  taken: boolean;
  /** One line: what happened. */
  what: string;
  /** One line: what to do; "nothing" when all is well. */
  action: string;
  /** Milliseconds until the status of the answer. */
  milliseconds: number;
}

/** Sends a signed notice of the type `notice.test`, once, and explains the answer. Never rejects because of the receiver. */
export async function tryReceiver(
  notifier: Notifier,
  { id, now = () => new Date() }: { id: string; now?: () => Date },
): Promise<TriedReceiver> {
  const started = now();
  const notice = { id, timestamp: started.toISOString(), type: 'notice.test', data: {} } as const;
  const passed = (): number => now().getTime() - started.getTime();
  try {
    await notifier.send(notice);
  } catch (error) {
    if (!(error instanceof NotifyError)) throw error;
    const { message, action } = error;
    return {
      taken: false,
      what: message,
      action: action.replace(/^nothing(; )?/, '') || 'try again',
      milliseconds: passed(),
    };
  }
  const what =
    'the receiver took the notice, with a 2xx; whether it checked the signature is not shown by that';
  return { taken: true, what, action: 'nothing', milliseconds: passed() };
}
