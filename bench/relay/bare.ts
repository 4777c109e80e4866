/** What the relay is measured against: a route that makes the same signal call, with its deadline, and nothing else. */
import Fastify from 'fastify';
import { z } from 'zod';
import { temporalClient } from '../../src/client/index.ts';
import { riskosEventSignal, workflowIdOf } from '../../src/contract/index.ts';

const delivery = z.object({
  event_id: z.string(),
  event_type: z.string(),
  data: z.object({ id: z.string(), eval_id: z.string() }),
});

const temporal = temporalClient(undefined, 2);
const server = Fastify();
server.post('/webhooks/riskos', async (request) => {
  const { event_id: eventId, event_type: eventType, data } = delivery.parse(request.body);
  const [applicationId = ''] = data.id.split('~');
  const event = { eventId, eventType, evaluationId: data.id, evalId: data.eval_id };
  const handle = temporal.workflow.getHandle(workflowIdOf(applicationId));
  // Without a deadline a silent Temporal would hold the call for ever.
  await temporal.connection.withDeadline(Date.now() + 5000, () => handle.signal(riskosEventSignal, event));
  return { result: 'signalled' };
});
// The processor time of this process, as the relay shows its own.
server.get('/metrics', () => {
  const { user, system } = process.cpuUsage();
  return `process_cpu_seconds_total ${(user + system) / 1e6}\n`;
});
const address = await server.listen({ host: '127.0.0.1', port: 0 });
process.stderr.write(`bare route listens at ${address}\n`);
