import { Client, Connection } from '@temporalio/client';
import { temporalConfig } from './settings.ts';

/**
 * A Temporal client from Temporal's own settings (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE` …). It
 * connects with its first call and comes back within a second after an outage.
 */
export function temporalClient(address?: string): Client {
  const { connectionOptions, namespace } = temporalConfig();
  const connection = Connection.lazy({
    ...connectionOptions,
    ...(address === undefined ? {} : { address }),
    connectTimeout: '3s',
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1000 },
  });
  return new Client({ connection, ...(namespace === undefined ? {} : { namespace }) });
}
