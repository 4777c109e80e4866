import { randomUUID } from 'node:crypto';
import {
  type CallOptions,
  createRiskosClient,
  retryDelay,
  type RiskosClient,
  type RiskosClientOptions,
  RiskosError,
  type SeenAnswer,
} from '../../riskos/index.ts';

export interface SessionOptions {
  riskos: RiskosClientOptions;
  /** Waits so many milliseconds. */
  wait: (milliseconds: number) => Promise<unknown>;
  /** A key that RiskOS does not know; random when absent. */
  wrongKey?: string;
  /** Between 0 and 1, as `Math.random`. */
  random?: () => number;
}

/** How a call ended, and its last answer. */
export type Outcome<Result> = { seen: SeenAnswer | undefined } & (
  { result: Result; error?: undefined } | { error: RiskosError; result?: undefined }
);

/** An answer that asked for a wait; `asked` in milliseconds, `undefined` when it did not say how long. */
export interface Limited {
  asked: number | undefined;
  /** Milliseconds; `undefined` when it was given up. */
  waited: number | undefined;
}

export interface Session {
  riskos: RiskosClient;
  withWrongKey: RiskosClient;
  /** Makes a call, and makes it again while it pays and cannot do anything twice. */
  attempt: <Result>(call: (how: CallOptions) => Promise<Result>) => Promise<Outcome<Result>>;
  /** Every answer so far that asked for a wait. */
  limited: Limited[];
  close(): Promise<void>;
}

const mostAttempts = 5;
/** A check that waits longer has nobody who looks at it any more. */
const longestWait = 2 * 60_000;

export function openSession({
  riskos: options,
  wait,
  wrongKey = randomUUID(),
  random,
}: SessionOptions): Session {
  const riskos = createRiskosClient(options);
  const withWrongKey = createRiskosClient({ ...options, apiKey: wrongKey });
  const limited: Limited[] = [];

  async function attempt<Result>(call: (how: CallOptions) => Promise<Result>): Promise<Outcome<Result>> {
    for (let number = 1; ; number += 1) {
      const answers: SeenAnswer[] = [];
      try {
        const result = await call({ onAnswer: (answer) => answers.push(answer) });
        return { result, seen: answers.at(-1) };
      } catch (error) {
        if (!(error instanceof RiskosError)) throw error;
        const delay = number < mostAttempts ? retryDelay(error, number, random ? { random } : {}) : undefined;
        const waited = delay !== undefined && delay <= longestWait ? delay : undefined;
        if (error.type === 'RateLimited') limited.push({ asked: error.retryAfter, waited });
        if (waited === undefined) return { error, seen: answers.at(-1) };
        await wait(waited);
      }
    }
  }

  return {
    riskos,
    withWrongKey,
    attempt,
    limited,
    close: async () => {
      await Promise.all([riskos.close(), withWrongKey.close()]);
    },
  };
}
