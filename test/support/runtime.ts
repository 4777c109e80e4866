import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

// Once for all files of a process. Tests that kill and reset make the SDK's core warn; its lines would hide the report of the tests.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});
