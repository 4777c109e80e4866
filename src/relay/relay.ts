import type { Client } from '@temporalio/client';
import type { Fetch } from '../http-server/jwt.ts';
import { defaultLimits, type ServerLimits } from '../http-server/limits.ts';
import type { ServerLogger } from '../http-server/refusal-log.ts';
import { type Authentication, createAuthenticator } from './authenticate.ts';
import { createRelayServer, type Relay } from './server.ts';
import { createSignaller } from './signal.ts';

export interface RelayOptions extends Authentication {
  /** While its own retries go on until the deadline, every failure of Temporal counts as slow. */
  temporal: Client;
  /** Milliseconds after which Temporal counts as out of reach and RiskOS is to retry; 5,000 when absent. */
  deadline?: number;
  limits?: Partial<ServerLimits>;
  /** Addresses and networks, such as 10.0.0.0/8, whose `X-Forwarded-For` counts; none when absent. */
  trustedProxies?: readonly string[];
  /** Reads the authorization server's keys; the global one when absent. */
  fetch?: Fetch;
  logger: ServerLogger;
}

/**
 * RiskOS's webhooks in, Temporal signals out: `POST /webhooks/riskos`. Answers 2xx only once Temporal has accepted the
 * signal or if no funnel waits for the event, and 503 if Temporal cannot accept it; RiskOS then retries [doc]. Never starts a
 * workflow. Throws without an authentication, and for secrets that no header can match.
 */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { temporal, deadline = 5000, logger } = options;
  return createRelayServer({
    authenticator: createAuthenticator(options, options.fetch),
    signaller: createSignaller(temporal, deadline),
    ready: () => reachable(temporal, deadline),
    limits: { ...defaultLimits, ...options.limits },
    trustedProxies: options.trustedProxies ?? [],
    logger,
  });
}

async function reachable(temporal: Client, deadline: number): Promise<boolean> {
  await temporal.connection.withDeadline(Date.now() + deadline, () =>
    temporal.workflowService.getSystemInfo({}),
  );
  return true;
}
