import { type FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * `/livez`, `/readyz` and `/metrics`, alike for every process. `ready` says whether it can do its work now; `more` has metrics
 * from elsewhere in the process, in Prometheus' text format.
 */
export function addHealth(
  server: FastifyInstance,
  ready: () => Promise<boolean> | boolean,
  more: () => Promise<string> = () => Promise.resolve(''),
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  server.get('/livez', () => ({ live: true }));
  server.get('/readyz', async (_request, reply) => {
    const isReady = await ready();
    return reply.code(isReady ? 200 : 503).send({ ready: isReady });
  });
  server.get('/metrics', async (_request, reply) => {
    const [own, others] = await Promise.all([registry.metrics(), more()]);
    return reply.type(registry.contentType).send(`${own}\n${others}`);
  });
  return registry;
}
