import type { FastifyReply, FastifyRequest } from 'fastify';
import { addHealth } from '../health.ts';
import { discard } from '../http-server/body.ts';
import type { ServerLimits } from '../http-server/limits.ts';
import { createRefusalLog, type ServerLogger } from '../http-server/refusal-log.ts';
import { createBoundedServer } from '../http-server/server.ts';
import type { Authenticator } from './authenticate.ts';
import { createDeliverer } from './deliver.ts';
import { createRelayMetrics } from './metrics.ts';
import { meaningOf, type Refusal, refusals } from './refusals.ts';
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
/** All that a browser needs to know: there is nothing here for it. */
const safety = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

const healthChecksPerSecond = 100;
const health: readonly (string | undefined)[] = ['/livez', '/readyz', '/metrics'];

/** The relay over HTTP: what {@link createDeliverer} says, as statuses, within bounds that hold for any sender. */
export async function createRelayServer(options: RelayServerOptions): Promise<Relay> {
  const { authenticator, signaller, limits, logger } = options;
  const deliverer = createDeliverer({ authenticator, signaller, limits });
  const refusalLog = createRefusalLog<Refusal>(refusals, logger);
  const bounded = await createBoundedServer({
    limits,
    trustedProxies: options.trustedProxies,
    refused,
    statusOf: (reason) => meaningOf(reason).status,
    unreadable: (request, reply) => void refuse(request, reply, 'unknown_path'),
  });
  const { fastify: server, connections } = bounded;
  const isTooMuch = bounded.rate(limits.requestsPerSecond);
  // Apart, so that a flood of deliveries makes no orchestrator believe that the relay is dead.
  const isTooMuchHealth = bounded.rate(healthChecksPerSecond);
  const metrics = createRelayMetrics(
    addHealth(server, { process: 'relay', checks: { temporal: options.ready } }),
    {
      inFlight: () => deliverer.inFlight(),
      connections: () => connections.open(),
    },
  );

  function refused(reason: Refusal): void {
    metrics.refused(reason);
    refusalLog.add(reason);
  }

  async function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    reason: Refusal,
  ): Promise<FastifyReply> {
    refused(reason);
    const { status, what } = meaningOf(reason);
    await discard(request.raw, limits.bodySize, limits.refusalTime);
    if (status === 401) reply.header('www-authenticate', authenticator.challenge);
    if (status === 405) reply.header('allow', 'POST');
    if (status === 429 || status === 503) reply.header('retry-after', '5');
    return reply
      .code(status === 0 ? 400 : status)
      .header('connection', 'close')
      .send({ error: what });
  }

  /** Why a request is not looked at. */
  async function obstacle(request: FastifyRequest): Promise<Refusal | undefined> {
    if (await isTooMuch(request)) return 'too_many_requests';
    if (request.is404) return isWebhookPath(request.url) ? 'wrong_method' : 'unknown_path';
    return server.isUnderPressure() ? 'overloaded' : undefined;
  }

  // Everything is done in this hook: after it, Fastify would refuse bodies by their Content-Type.
  server.addHook('onRequest', async (request, reply) => {
    if (!connections.accept(request.raw, reply.raw)) return reply.hijack();
    reply.headers(safety);
    if (health.includes(request.routeOptions.url)) {
      return (await isTooMuchHealth(request)) ? refuse(request, reply, 'too_many_requests') : undefined;
    }
    connections.handling(request.raw.socket);
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
  });
  server.post(path, (_request, reply) => reply);
  server.setErrorHandler<Error>((error, request, reply) => {
    logger.error({ error }, 'a request could not be handled');
    return refuse(request, reply, 'failed');
  });

  return {
    listen: (address) => bounded.listen(address),
    close: async () => {
      await bounded.close();
      refusalLog.close();
      await signaller.settled();
    },
  };
}

/** With a trailing slash, doubled slashes or a query, as the router takes it. */
function isWebhookPath(url: string): boolean {
  const [asked = ''] = url.split(/[?#]/);
  return asked.replaceAll(/\/+/g, '/').replace(/\/$/, '') === path;
}
