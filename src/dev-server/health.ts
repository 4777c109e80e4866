import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

/**
 * Resolves when the server answers for the namespace `default` and knows these search attributes there. Rejects when
 * the signal aborts.
 */
export async function untilHealthy(address: string, names: string[], signal: AbortSignal): Promise<void> {
  const connection = Connection.lazy({
    address,
    interceptors: [],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 200 },
  });
  try {
    while (!(await answers(connection, names))) await wait(50, undefined, { signal });
  } finally {
    await connection.close();
  }
}

async function answers(connection: Connection, names: string[]): Promise<boolean> {
  try {
    const { customAttributes } = await connection.withDeadline(Date.now() + 2000, () =>
      connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    return names.every((name) => name in customAttributes);
  } catch {
    return false;
  }
}
