import type { AddressInfo } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Connections, createConnections } from './connections.ts';
import type { ServerLimits } from './limits.ts';
import { createProxyCheck } from './proxies.ts';
import type { ConnectionRefusal } from './refusals.ts';

export interface BoundedServerOptions {
  limits: ServerLimits;
  /** Addresses and networks whose `X-Forwarded-For` counts. */
  trustedProxies: readonly string[];
  /** Counts and logs what was refused before any handler saw it. */
  refused: (reason: ConnectionRefusal) => void;
  statusOf: (reason: ConnectionRefusal) => number;
  /** Answers a request whose address the router cannot read. */
  unreadable: (request: FastifyRequest, reply: FastifyReply) => void;
}

export interface BoundedServer {
  fastify: FastifyInstance;
  connections: Connections;
  /** True for a request beyond so many of its key, on average over ten seconds; of its address when there is no key. */
  rate(
    perSecond: number,
    keyOf?: (request: FastifyRequest) => string,
  ): (request: FastifyRequest) => Promise<boolean>;
  /** Resolves with the URL. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Takes no more connections, finishes what is under way within `limits.drainTime`, and cuts off what is left. */
  close(): Promise<void>;
}

/** Fastify, within bounds that hold for any sender; each process of ours that listens adds its own routes. */
export async function createBoundedServer(options: BoundedServerOptions): Promise<BoundedServer> {
  const { limits } = options;
  const isTrustedProxy = createProxyCheck(options.trustedProxies);
  const connections = createConnections({ ...options, isTrustedProxy });
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
    frameworkErrors: (_error, request, reply) => options.unreadable(request, reply),
  });
  connections.watch(fastify.server);
  await fastify.register(rateLimit, { global: false });
  await fastify.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelay,
    pressureHandler: () => undefined,
  });
  return {
    fastify,
    connections,
    rate: (perSecond, keyOf) => {
      const check = fastify.createRateLimit({
        max: perSecond * 10,
        timeWindow: 10_000,
        ...(keyOf ? { keyGenerator: keyOf } : {}),
      });
      return async (request) => {
        const rate = await check(request);
        return !rate.isAllowed && rate.isExceeded;
      };
    },
    listen: async (address) => {
      await fastify.listen(address);
      return urlOf(fastify.server.address());
    },
    close: async () => {
      const cutOff = setTimeout(() => fastify.server.closeAllConnections(), limits.drainTime);
      await fastify.close();
      clearTimeout(cutOff);
    },
  };
}

function urlOf(bound: AddressInfo | string | null): string {
  if (bound === null || typeof bound === 'string') throw new Error('the server does not listen');
  const host = bound.address.includes(':') ? `[${bound.address}]` : bound.address;
  return `http://${host}:${bound.port}`;
}
