import type { AddressInfo } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { discard } from './body.ts';
import { type Connections, createConnections } from './connections.ts';
import { healthPaths } from './health-paths.ts';
import type { ServerLimits } from './limits.ts';
import { createProxyCheck } from './proxies.ts';
import { createRefusalLog, type ServerLogger } from './refusal-log.ts';
import type { Meaning, ServerRefusal } from './refusals.ts';

export interface BoundedServerOptions<Refusal extends string> {
  limits: ServerLimits;
  /** Addresses and networks whose `X-Forwarded-For` counts. */
  trustedProxies: readonly string[];
  /** Every reason for which a request is refused. */
  refusals: Readonly<Record<Refusal | ServerRefusal, Meaning>>;
  /** Counts a refusal; it is logged besides. */
  count: (reason: Refusal | ServerRefusal) => void;
  logger: ServerLogger;
  /** The headers `www-authenticate` of a 401, and `allow` of a 405. */
  challenge: string;
  allow: string;
  /** Answers every request but those for {@link healthPaths}, before Fastify looks at its Content-Type. */
  handle: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

export interface BoundedServer<Refusal extends string> {
  fastify: FastifyInstance;
  connections: Connections;
  /** True for a request beyond so many of its key, on average over ten seconds; of its address when there is no key. */
  rate(
    perSecond: number,
    keyOf?: (request: FastifyRequest) => string,
  ): (request: FastifyRequest) => Promise<boolean>;
  /** Answers with what the refusal means, and closes the connection. */
  refuse: (
    request: FastifyRequest,
    reply: FastifyReply,
    reason: Refusal | ServerRefusal,
  ) => Promise<FastifyReply>;
  /** Resolves with the URL. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Takes no more connections, finishes what is under way within `limits.drainTime`, and cuts off what is left. */
  close(): Promise<void>;
}

const health: readonly (string | undefined)[] = Object.values(healthPaths);
const healthChecksPerSecond = 100;

/** All that a browser needs to know: there is nothing here for it. */
const safety = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

/**
 * Fastify, within bounds that hold for any sender. It names, counts and logs whatever it refuses; each process of ours that
 * listens adds its own routes.
 */
export async function createBoundedServer<Refusal extends string>(
  options: BoundedServerOptions<Refusal>,
): Promise<BoundedServer<Refusal>> {
  const { limits, refusals, logger, handle } = options;
  const log = createRefusalLog<Refusal | ServerRefusal>(refusals, logger);
  const isTrustedProxy = createProxyCheck(options.trustedProxies);
  const connections = createConnections({
    limits,
    isTrustedProxy,
    refused,
    statusOf: (reason) => refusals[reason].status,
  });
  const fastify = Fastify({
    logger: false,
    http: {
      headersTimeout: limits.headerTime,
      connectionsCheckingInterval: Math.min(500, limits.headerTime),
      maxHeaderSize: 16 * 1024,
      requireHostHeader: false,
    },
    requestTimeout: limits.requestTime,
    keepAliveTimeout: limits.idleTime,
    // For those who do not read their answers.
    connectionTimeout: limits.idleTime + limits.requestTime,
    trustProxy: options.trustedProxies.length > 0 ? isTrustedProxy : false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    clientErrorHandler: (error, socket) => connections.onClientError(error, socket),
    frameworkErrors: (_error, request, reply) => void refuse(request, reply, 'unknown_path'),
  });
  connections.watch(fastify.server);
  await fastify.register(rateLimit, { global: false });
  await fastify.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelay,
    pressureHandler: () => undefined,
  });
  const rate: BoundedServer<Refusal>['rate'] = (perSecond, keyOf) => {
    const check = fastify.createRateLimit({
      max: perSecond * 10,
      timeWindow: 10_000,
      ...(keyOf ? { keyGenerator: keyOf } : {}),
    });
    return async (request) => {
      const checked = await check(request);
      return !checked.isAllowed && checked.isExceeded;
    };
  };
  // Apart, so that a flood of requests makes no orchestrator believe that the process is dead.
  const isTooMuchHealth = rate(healthChecksPerSecond);

  function refused(reason: Refusal | ServerRefusal, error?: Error): void {
    options.count(reason);
    log.add(reason, error);
  }

  async function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    reason: Refusal | ServerRefusal,
    error?: Error,
  ): Promise<FastifyReply> {
    refused(reason, error);
    const { status, what } = refusals[reason];
    await discard(request.raw, limits.bodySize, limits.refusalTime);
    if (status === 401) reply.header('www-authenticate', options.challenge);
    if (status === 405) reply.header('allow', options.allow);
    if (status === 429 || status === 503) reply.header('retry-after', '5');
    return reply
      .code(status === 0 ? 400 : status)
      .header('connection', 'close')
      .send({ error: what, reason });
  }

  // Everything is done in this hook: after it, Fastify would refuse bodies by their Content-Type.
  fastify.addHook('onRequest', async (request, reply) => {
    if (!connections.accept(request.raw, reply.raw)) return reply.hijack();
    reply.headers(safety);
    if (health.includes(request.routeOptions.url)) {
      return (await isTooMuchHealth(request)) ? refuse(request, reply, 'too_many_requests') : undefined;
    }
    connections.handling(request.raw.socket);
    return handle(request, reply);
  });
  fastify.setErrorHandler<Error>((error, request, reply) => refuse(request, reply, 'failed', error));

  return {
    fastify,
    connections,
    rate,
    refuse,
    listen: async (address) => {
      await fastify.listen(address);
      return urlOf(fastify.server.address());
    },
    close: async () => {
      const cutOff = setTimeout(() => fastify.server.closeAllConnections(), limits.drainTime);
      await fastify.close();
      clearTimeout(cutOff);
      log.close();
    },
  };
}

function urlOf(bound: AddressInfo | string | null): string {
  if (bound === null || typeof bound === 'string') throw new Error('the server does not listen');
  const host = bound.address.includes(':') ? `[${bound.address}]` : bound.address;
  return `http://${host}:${bound.port}`;
}
