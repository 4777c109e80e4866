export { type DevServer, DevServerError, type DevServerOptions, startDevServer } from './dev-server.ts';
export { ensureTemporal } from './ensure-temporal.ts';
export { findTemporal, TemporalNotFound } from './find-temporal.ts';
