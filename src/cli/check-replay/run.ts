import { isGrpcServiceError } from '@temporalio/client';
import { pino } from 'pino';
import { temporalClient } from '../../client/index.ts';
import { build, buildInWords } from '../../build-info.ts';
import { inWords, type Replayed, replays } from './replays.ts';
import { InputError } from '../errors.ts';
import { keyStoreOfSettings } from '../payload-keys.ts';
import { installRuntime } from '../runtime.ts';

interface Options {
  query: string;
  limit: number;
  json?: boolean;
}

/** Prints what does not replay; the exit code is 1 when anything does not, and 3 when there was nothing to replay. */
export async function runCheckReplay({ query, limit, json }: Options): Promise<void> {
  // What the SDK says of a replay that fails is in the result.
  installRuntime(pino({ level: 'silent' }));
  const client = temporalClient();
  const keys = keyStoreOfSettings();
  await keys?.tryOut();
  const counts: Record<Replayed['result'], number> = { replays: 0, breaks: 0, unreadable: 0 };
  try {
    for await (const replayed of replays(client, keys, { query, limit })) {
      counts[replayed.result] += 1;
      if (json) process.stdout.write(`${JSON.stringify({ ...replayed, build: build.buildId })}\n`);
      else if (replayed.result !== 'replays') process.stdout.write(`${inWords(replayed)}\n`);
    }
  } catch (error) {
    if (isGrpcServiceError(error) && invalidArgument.includes(error.code))
      throw new InputError(`--query: ${error.details}`);
    throw error;
  } finally {
    keys?.close();
    await client.connection.close();
  }
  const all = counts.replays + counts.breaks + counts.unreadable;
  const sum =
    all === 0
      ? 'nothing was replayed: no workflow that has begun matches the query'
      : `${counts.replays} of ${all} workflows replay with ${buildInWords}; ${counts.breaks} would break, ${counts.unreadable} cannot be read here`;
  process.stderr.write(`${sum}\n`);
  process.exitCode = all === 0 ? 3 : counts.replays === all ? 0 : 1;
}

/** gRPC's INVALID_ARGUMENT. */
const invalidArgument: readonly number[] = [3];
