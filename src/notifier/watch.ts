import type { Registry } from 'prom-client';
import { type NoticeProblem, noticeProblemWords, processMetrics } from '../contract/index.ts';
import { counterOf, gaugeOf } from '../instruments.ts';
import type { Log } from '../contract/log-fields.ts';
import type { NotifyError } from './errors.ts';

/** Makes a receiver that is down visible: in metrics, and in the log at once, then once a minute for each reason. */
export interface ReceiverWatch {
  taken(): void;
  failed(error: NotifyError): void;
}

interface WatchOptions {
  logger?: Log | undefined;
  registry?: Registry | undefined;
  now: () => Date;
}

/** Milliseconds between two log lines for the same reason. */
const logEvery = 60_000;

export function watchReceiver({ logger, registry, now }: WatchOptions): ReceiverWatch {
  const results = ['taken', ...noticeProblemWords].map((result) => ({ result }));
  const notices = counterOf(processMetrics.notices, registry, results);
  const up = gaugeOf(processMetrics.receiverUp, registry);
  const logged = new Map<NoticeProblem, number>();
  let trouble: { since: number; failed: number; shown: boolean } | undefined;

  return {
    taken: () => {
      notices.inc({ result: 'taken' });
      up.set(1);
      if (trouble?.shown) {
        const seconds = Math.round((now().getTime() - trouble.since) / 1000);
        logger?.info({ failed: trouble.failed, seconds }, 'the receiver of notices takes them again');
      }
      trouble = undefined;
    },
    failed: (error) => {
      const { type, status, action, retryable } = error;
      // A worker that stops says nothing about the receiver.
      if (type === 'Cancelled') return;
      notices.inc({ result: type });
      up.set(0);
      const at = now().getTime();
      trouble ??= { since: at, failed: 0, shown: false };
      trouble.failed += 1;
      if (at - (logged.get(type) ?? -Infinity) < logEvery) return;
      logged.set(type, at);
      trouble.shown = true;
      const since = new Date(trouble.since).toISOString();
      const about = { type, status, action, failed: trouble.failed, since, error };
      if (retryable) logger?.warn(about, 'notices are not taken, and are sent again');
      else logger?.error(about, 'a notice is refused for good');
    },
  };
}
