import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { build } from './build-info.ts';
import { type MetricProcess, processMetrics } from './contract/index.ts';
import { healthPaths } from './http-server/health-paths.ts';
import { gaugeOf } from './instruments.ts';

/** What the process needs to work, and whether it has it now. A check that rejects, or is not done in time, is one that failed. */
export type Checks = Partial<Record<'temporal' | 'pollers' | 'key_store', () => Promise<boolean> | boolean>>;

export interface HealthOptions {
  process: MetricProcess;
  checks: Checks;
  /** Metrics from elsewhere in the process, in Prometheus' text format. */
  more?: () => Promise<string>;
  /** Milliseconds that a check may take; 3,000 when absent. */
  deadline?: number;
}

/** A server for {@link addHealth} alone. It never repeats what it was sent, as Fastify's own answers do. */
export function createHealthServer(): FastifyInstance {
  const nothing = (reply: FastifyReply, status: number) =>
    reply.code(status).send({ error: 'there is nothing here but /livez, /readyz and /metrics' });
  const server = Fastify({
    frameworkErrors: (_error, _request, reply) => void nothing(reply, 400),
  });
  server.setNotFoundHandler((_request, reply) => nothing(reply, 404));
  server.setErrorHandler((_error, _request, reply) =>
    reply.code(500).send({ error: 'this cannot be answered now' }),
  );
  return server;
}

/**
 * `/livez`, `/readyz` and `/metrics`, alike for every process. `/livez` answers 200 as long as the process answers at all: what a
 * restart mends ends the process by itself, and a restart mends no dependency. `/readyz` answers 503 while a check fails, and
 * names it.
 */
export function addHealth(server: FastifyInstance, options: HealthOptions): Registry {
  const { checks, deadline = 3000, more = () => Promise.resolve('') } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gaugeOf(processMetrics.buildInfo, registry).set(
    { process: options.process, version: build.version, build: build.buildId ?? '' },
    1,
  );
  const ready = gaugeOf(processMetrics.ready, registry);
  const look = atMostOncePerSecond(async () => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await passes(check, deadline)] as const),
    );
    for (const [check, isPassed] of results) ready.set({ check }, isPassed ? 1 : 0);
    return Object.fromEntries(results);
  });
  server.get(healthPaths.live, () => ({ live: true, ...build }));
  server.get(healthPaths.ready, async (_request, reply) => {
    const results = await look();
    const isReady = Object.values(results).every(Boolean);
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, checks: results, ...build });
  });
  server.get(healthPaths.metrics, async (_request, reply) => {
    const [others] = await Promise.all([more(), look()]);
    return reply.type(registry.contentType).send(`${await registry.metrics()}\n${others}`);
  });
  return registry;
}

async function passes(check: () => Promise<boolean> | boolean, deadline: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), deadline);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Anybody may ask whether the process is ready; what it needs is not to be asked as often. */
function atMostOncePerSecond<T>(look: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    // Not the wall clock: one that is set back would keep an old answer for as long.
    const now = performance.now();
    if (!last || now - last.at > 1000) last = { at: now, answer: look() };
    return last.answer;
  };
}
