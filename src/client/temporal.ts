import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { temporalConfig } from './settings.ts';

/**
 * A Temporal client from Temporal's own settings (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_PROFILE` …). It
 * connects with its first call and comes back within a second after an outage. gRPC takes a proxy from `grpc_proxy`,
 * `https_proxy` or `http_proxy`, in lower case, and exceptions from `no_grpc_proxy` or `no_proxy`.
 * `maxAttempts`: attempts of each call; a low number reports a failure early. The SDK's default when absent.
 */
export function temporalClient(address?: string, maxAttempts?: number): Client {
  const { connectionOptions, namespace } = temporalConfig();
  const at = address ?? connectionOptions.address ?? 'localhost:7233';
  const connection = Connection.lazy({
    ...connectionOptions,
    address: at,
    ...(maxAttempts === undefined
      ? {}
      : { interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts }))] }),
    connectTimeout: '3s',
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      // gRPC asks a proxy for this machine too.
      ...(isHere(at) ? { 'grpc.enable_http_proxy': 0 } : {}),
    },
  });
  return new Client({ connection, ...(namespace === undefined ? {} : { namespace }) });
}

function isHere(address: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(address);
}
