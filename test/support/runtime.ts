import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/** One line, without the task that could not be done: tests make the SDK fail on purpose. */
function report({ level, message, meta }: LogEntry): void {
  const cause = meta?.['error'] instanceof Error ? `: ${meta['error'].message}` : '';
  const [line = ''] = `${message}${cause}`.split('\n');
  process.stderr.write(`[${level}] ${line.slice(0, 200)}\n`);
}

// Once for all files of a process. Tests that kill and reset make the SDK's core warn; its lines would hide the report of the tests.
Runtime.install({
  logger: new DefaultLogger('ERROR', report),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
