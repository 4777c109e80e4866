import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/**
 * A Temporal client from Temporal's own settings (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE` …). It
 * connects with its first call and comes back within a second after an outage. `maxAttempts`: how often it tries a call,
 * for one who wants to know soon why it failed; the SDK's own number when absent.
 */
export function temporalClient(address?: string, maxAttempts?: number): Client {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = Connection.lazy({
    ...connectionOptions,
    ...(address === undefined ? {} : { address }),
    ...(maxAttempts === undefined
      ? {}
      : { interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts }))] }),
    connectTimeout: '3s',
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1000 },
  });
  return new Client({ connection, ...(namespace === undefined ? {} : { namespace }) });
}
