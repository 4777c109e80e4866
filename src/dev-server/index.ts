export {
  type DevServer,
  DevServerError,
  type DevServerOptions,
  type DevServerProblem,
  startDevServer,
} from './dev-server.ts';
export { ensureTemporal } from './ensure-temporal.ts';
export { findTemporal, TemporalNotFound } from './find-temporal.ts';
