import { decisionBuckets, workflowMetrics } from '../contract/index.ts';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { ParentLog } from '../contract/log-fields.ts';
import { sdkLine } from './sdk-log.ts';

/**
 * Temporal's own log lines, and those of workflows and activities, go through our logger, and never to stdout; SIGINT and
 * SIGTERM drain the workers. With a `metricsPort`, the SDK shows its metrics and those of the workflows there, on loopback.
 */
export function installRuntime(logger: ParentLog, metricsPort?: number): void {
  const verbose = verbosity(logger.level);
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
      logging: {
        forward: {},
        filter: makeTelemetryFilterString({ core: verbose ?? 'WARN', other: 'ERROR' }),
      },
    },
    logger: new DefaultLogger(verbose ?? 'INFO', (entry) => {
      const line = sdkLine(entry);
      if (line) logger[line.level](line.fields, line.message);
    }),
  });
}

function verbosity(level: string): 'TRACE' | 'DEBUG' | undefined {
  if (level === 'trace') return 'TRACE';
  return level === 'debug' ? 'DEBUG' : undefined;
}
