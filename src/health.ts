import { type FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** `/livez`, `/readyz` and `/metrics`, alike for every process. `ready` says whether it can do its work now. */
export function addHealth(server: FastifyInstance, ready: () => Promise<boolean> | boolean): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  server.get('/livez', () => ({ live: true }));
  server.get('/readyz', async (_request, reply) => {
    const isReady = await ready();
    return reply.code(isReady ? 200 : 503).send({ ready: isReady });
  });
  server.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  return registry;
}
