import type { Log } from '../contract/log-fields.ts';
import type { Meaning } from './refusals.ts';

/** What of a logger a server needs; pino's is one. */
export type ServerLogger = Pick<Log, 'info' | 'warn' | 'error'>;

export interface RefusalLog<Refusal extends string> {
  /** `error`: what went wrong, where that was no fault of the sender; a line has the latest. */
  add(reason: Refusal, error?: Error): void;
  /** Logs what has not been logged yet, and stops its timers. */
  close(): void;
}

/** Milliseconds between two lines about the same reason. */
const quiet = 60_000;

/**
 * Logs the first refusal of a reason at once, and later ones once a minute with their count: a badly rotated token is seen
 * at once, and a flood fills no disk. `after` calls back after some milliseconds, and returns how to prevent it.
 */
export function createRefusalLog<Refusal extends string>(
  meanings: Readonly<Record<Refusal, Meaning>>,
  logger: ServerLogger,
  after: (milliseconds: number, callBack: () => void) => () => void = onTimer,
): RefusalLog<Refusal> {
  const held = new Map<Refusal, { count: number; error?: Error | undefined; cancel: () => void }>();

  function log(reason: Refusal, count: number, error: Error | undefined): void {
    const { level, status, what, remedy } = meanings[reason];
    logger[level](
      { reason, count, status, ...(error === undefined ? {} : { error }) },
      `refused: ${what}. ${remedy}`,
    );
  }

  function keepQuiet(reason: Refusal): void {
    const cancel = after(quiet, () => {
      const { count, error } = held.get(reason) ?? { count: 0 };
      held.delete(reason);
      if (count === 0) return;
      log(reason, count, error);
      keepQuiet(reason);
    });
    held.set(reason, { count: 0, cancel });
  }

  return {
    add: (reason, error) => {
      const entry = held.get(reason);
      if (entry) {
        entry.count += 1;
        entry.error = error;
        return;
      }
      log(reason, 1, error);
      keepQuiet(reason);
    },
    close: () => {
      for (const [reason, { count, error, cancel }] of held) {
        cancel();
        if (count > 0) log(reason, count, error);
      }
      held.clear();
    },
  };
}

function onTimer(milliseconds: number, callBack: () => void): () => void {
  const timer = setTimeout(callBack, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
