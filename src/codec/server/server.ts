import type { FastifyReply, FastifyRequest } from 'fastify';
import { addHealth } from '../../health.ts';
import { createBoundedServer } from '../../http-server/server.ts';
import type { Fetch } from '../../http-server/jwt.ts';
import type { ServerLogger } from '../../http-server/refusal-log.ts';
import { type Action, createAnswerer } from './answer.ts';
import type { AuditLine } from './audit.ts';
import { type Authentication, createAuthenticator } from './authenticate.ts';
import type { Cipher } from './cipher.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { type CodecServerLimits, defaultLimits } from './limits.ts';
import { isLoopback } from './loopback.ts';
import { createCodecServerMetrics } from './metrics.ts';
import { type Refusal, refusals } from './refusals.ts';

export interface CodecServerOptions {
  cipher: Cipher;
  authentication: Authentication;
  /** Whose pages may ask: `https://temporal.example`, without a path. */
  origins: readonly string[];
  limits?: Partial<CodecServerLimits>;
  /** Addresses and networks whose `X-Forwarded-For` counts; none when absent. */
  trustedProxies?: readonly string[];
  /** Reads the authorization server's keys; the global one when absent. */
  fetch?: Fetch;
  logger: ServerLogger;
  audit: (line: AuditLine) => void;
}

export interface CodecServer {
  /** Resolves with the URL. Rejects for an address beyond this machine while authentication is off. */
  listen(address: { host: string; port: number }): Promise<string>;
  /** Takes no more connections, finishes what is under way within `limits.drainTime`, and cuts off what is left. */
  close(): Promise<void>;
}

/**
 * Temporal's codec-server protocol: `POST …/decode` and `POST …/encode?workflowId=…`, for the Temporal UI, its CLI and other
 * languages; and `POST …/tombstone?workflowId=…`, for clients that hold no key.
 */
export async function createCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const { cipher, authentication, origins, logger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const authenticate = createAuthenticator(authentication, options.fetch);
  const bounded = await createBoundedServer<Refusal>({
    limits,
    trustedProxies: options.trustedProxies ?? [],
    refusals,
    count: (reason) => metrics.refused(reason),
    logger,
    challenge: 'Bearer',
    allow: 'POST, OPTIONS',
    handle,
  });
  const { fastify: server, refuse } = bounded;
  const isTooMuch = bounded.rate(limits.requestsPerSecond);
  const identities = new WeakMap<FastifyRequest, string>();
  const isTooMuchOfIdentity = bounded.rate(
    limits.requestsPerSecondOfIdentity,
    (request) => identities.get(request) ?? request.ip,
  );
  let inFlight = 0;
  const health = addHealth(server, { process: 'codec-server', checks: { key_store: () => cipher.ready() } });
  const metrics = createCodecServerMetrics(health, {
    inFlight: () => inFlight,
    connections: () => bounded.connections.open(),
  });
  const answer = createAnswerer({ cipher, limits, metrics, audit: options.audit });

  async function act(request: FastifyRequest, reply: FastifyReply, action: Action): Promise<FastifyReply> {
    const identity = await authenticate(request.headers.authorization);
    if (typeof identity === 'string') return refuse(request, reply, identity);
    if (identity.role === 'none') return refuse(request, reply, 'no_role');
    identities.set(request, authentication === 'off' ? request.ip : `identity ${identity.who}`);
    if (await isTooMuchOfIdentity(request)) return refuse(request, reply, 'too_many_requests');
    if (inFlight >= limits.inFlight) return refuse(request, reply, 'too_many_in_flight');
    inFlight += 1;
    try {
      const answered = await answer({
        action,
        identity,
        namespace: headerOf(request, 'x-namespace'),
        workflowId: workflowIdOf(request),
        contentEncoding: request.headers['content-encoding'],
        body: request.raw,
      });
      if (typeof answered === 'string') return await refuse(request, reply, answered);
      return await reply.code(200).send(answered);
    } finally {
      inFlight -= 1;
    }
  }

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // First of all, so that a page can read why it is refused.
    const cors = corsHeaders(request.headers.origin, origins);
    if (cors) reply.headers(cors);
    if (await isTooMuch(request)) return refuse(request, reply, 'too_many_requests');
    const action = actionOf(request.url);
    if (!action) return refuse(request, reply, 'unknown_path');
    if (!cors) return refuse(request, reply, 'wrong_origin');
    if (request.method === 'OPTIONS') return reply.code(204).headers(preflightHeaders).send();
    if (request.method !== 'POST') return refuse(request, reply, 'wrong_method');
    if (server.isUnderPressure()) return refuse(request, reply, 'overloaded');
    return act(request, reply, action);
  }

  return {
    listen: async (address) => {
      if (authentication === 'off' && !isLoopback(address.host)) {
        throw new TypeError(
          'a codec server without authentication listens on 127.0.0.1, ::1 or localhost only',
        );
      }
      return bounded.listen(address);
    },
    close: async () => {
      await bounded.close();
    },
  };
}

const actions: readonly Action[] = ['decode', 'encode', 'tombstone'];

/** By the last part of the path alone, as the protocol wants: a proxy may serve it under any prefix. */
function actionOf(url: string): Action | undefined {
  const [path = ''] = url.split(/[?#]/);
  const last = /\/([^/]*)\/*$/.exec(path)?.[1];
  return actions.find((action) => action === last);
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  // Temporal's CLI sends an empty x-namespace.
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function workflowIdOf(request: FastifyRequest): string | undefined {
  const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
  return query.get('workflowId') ?? headerOf(request, 'x-workflow-id');
}
