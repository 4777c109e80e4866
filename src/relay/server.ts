import type { FastifyReply, FastifyRequest } from 'fastify';
import { addHealth } from '../health.ts';
import { createBoundedServer } from '../http-server/server.ts';
import type { ServerLimits } from '../http-server/limits.ts';
import type { ServerLogger } from '../http-server/refusal-log.ts';
import type { Authenticator } from './authenticate.ts';
import { createDeliverer } from './deliver.ts';
import { createRelayMetrics } from './metrics.ts';
import { type Refusal, refusals } from './refusals.ts';
import type { Signaller } from './signal.ts';

export interface RelayServerOptions {
  authenticator: Authenticator;
  signaller: Signaller;
  /** Whether Temporal can be reached now. */
  ready: () => Promise<boolean>;
  limits: ServerLimits;
  /** Addresses and networks whose `X-Forwarded-For` counts. */
  trustedProxies: readonly string[];
  logger: ServerLogger;
}

export interface Relay {
  /** Resolves with the URL. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Takes no more connections, finishes what is under way within `limits.drainTime`, and cuts off what is left. */
  close(): Promise<void>;
}

const path = '/webhooks/riskos';

/** The relay over HTTP: what {@link createDeliverer} says, as statuses, within bounds that hold for any sender. */
export async function createRelayServer(options: RelayServerOptions): Promise<Relay> {
  const { authenticator, signaller, limits, logger } = options;
  const deliverer = createDeliverer({ authenticator, signaller, limits });
  const bounded = await createBoundedServer<Refusal>({
    limits,
    trustedProxies: options.trustedProxies,
    refusals,
    count: (reason) => metrics.refused(reason),
    logger,
    challenge: authenticator.challenge,
    allow: 'POST',
    handle,
  });
  const { fastify: server, refuse } = bounded;
  const isTooMuch = bounded.rate(limits.requestsPerSecond);
  const health = addHealth(server, { process: 'relay', checks: { temporal: options.ready } });
  const metrics = createRelayMetrics(health, {
    inFlight: () => deliverer.inFlight(),
    connections: () => bounded.connections.open(),
  });

  /** Why a request is not looked at. */
  async function obstacle(request: FastifyRequest): Promise<Refusal | undefined> {
    if (await isTooMuch(request)) return 'too_many_requests';
    if (request.is404) return isWebhookPath(request.url) ? 'wrong_method' : 'unknown_path';
    return server.isUnderPressure() ? 'overloaded' : undefined;
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const reason = await obstacle(request);
    if (reason) return refuse(request, reply, reason);
    const outcome = await deliverer.deliver({
      authorization: request.headers.authorization,
      contentEncoding: request.headers['content-encoding'],
      body: request.raw,
    });
    if ('refused' in outcome) return refuse(request, reply, outcome.refused);
    metrics.delivered(outcome.result, outcome.trace.eventType);
    logger.info({ ...outcome.trace, result: outcome.result }, 'webhook');
    return reply.code(200).send({ result: outcome.result });
  }
  server.post(path, (_request, reply) => reply);

  return {
    listen: (address) => bounded.listen(address),
    close: async () => {
      await bounded.close();
      await signaller.settled();
    },
  };
}

/** With a trailing slash, doubled slashes or a query, as the router takes it. */
function isWebhookPath(url: string): boolean {
  const [asked = ''] = url.split(/[?#]/);
  return asked.replaceAll(/\/+/g, '/').replace(/\/$/, '') === path;
}
