import { decisionBuckets, workflowMetrics } from '../contract/index.ts';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

/**
 * Temporal's own log lines go through ours, and never to stdout; SIGINT and SIGTERM drain the workers. With a `metricsPort`, the
 * SDK shows its metrics and those of the workflows there, on loopback.
 */
export function installRuntime(logger: Logger, metricsPort?: number): void {
  Runtime.install({
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions: {
      ...(metricsPort === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `127.0.0.1:${metricsPort}`,
                useSecondsForDurations: true,
                unitSuffix: true,
                histogramBucketOverrides: { [workflowMetrics.decisionSeconds.name]: decisionBuckets },
              },
            },
          }),
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // Each of our workers has either workflows or activities, so this is no news.
      if (/^No (activities|workflows) registered/.test(message)) return;
      logger[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message);
    }),
  });
}
