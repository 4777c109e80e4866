import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/** Temporal's own log lines go through ours, and never to stdout; SIGINT and SIGTERM drain the workers. */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Each of our workers has either workflows or activities, so this is no news.
      if (/^No (activities|workflows) registered/.test(message)) return;
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
    }),
  });
}
