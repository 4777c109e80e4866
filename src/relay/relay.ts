import helmet from '@fastify/helmet';
import type { Client } from '@temporalio/client';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { Counter } from 'prom-client';
import { parseEvaluationId, type RiskosEvent } from '../contract/index.ts';
import { addHealth } from '../health.ts';
import { parseWebhook, RiskosError, type WebhookEvent } from '../riskos/index.ts';
import { bearerCheck } from './bearer.ts';
import { createSignaller, type Delivery, type Signaller } from './signal.ts';

export interface RelayOptions {
  temporal: Client;
  /** Every one of them is accepted, so that a token can be rotated. */
  bearerTokens: string[];
  /** Milliseconds after which Temporal counts as out of reach and RiskOS is told to try again; 5,000 when absent. */
  deadline?: number;
  logger: FastifyBaseLogger;
}

type Result = Delivery | 'test_ping' | 'not_ours';

/**
 * RiskOS's webhooks in, Temporal signals out: `POST /webhooks/riskos`. Answers 2xx only once Temporal has taken the
 * signal or when there is nobody to tell, and 503, which RiskOS tries again [doc], when Temporal is out of reach. Never
 * starts a workflow.
 */
export async function createRelay(options: RelayOptions): Promise<FastifyInstance> {
  const { temporal, deadline = 5000, logger } = options;
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
  });
  await server.register(helmet);
  const signaller = createSignaller(temporal, deadline);
  server.addHook('onClose', () => signaller.settled());
  const registry = addHealth(server, () => reachable(temporal, deadline));
  const deliveries = new Counter({
    name: 'candidate_funnel_webhooks_total',
    help: 'Webhook deliveries by what became of them',
    labelNames: ['result'],
    registers: [registry],
  });

  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error.name }, 'a delivery could not be handled');
    return reply
      .code(status >= 500 ? 503 : status)
      .send({ error: status >= 500 ? 'try again' : error.message });
  });

  server.post(
    '/webhooks/riskos',
    { onRequest: bearerCheck(options.bearerTokens) },
    async (request, reply) => {
      const event = eventOf(request.body);
      if (event instanceof RiskosError) {
        deliveries.inc({ result: 'malformed' });
        return reply.code(400).send({ error: event.message });
      }
      const result = await relay(signaller, event);
      deliveries.inc({ result });
      request.log.info({ eventId: event.eventId, eventType: event.eventType, result }, 'webhook');
      if (result === 'unreachable') {
        return reply
          .code(503)
          .header('retry-after', '5')
          .send({ error: 'Temporal is out of reach; try again' });
      }
      return reply.code(200).send({ result });
    },
  );
  return server;
}

function eventOf(body: unknown): WebhookEvent | RiskosError {
  try {
    return parseWebhook(body);
  } catch (error) {
    if (error instanceof RiskosError) return error;
    throw error;
  }
}

async function relay(signaller: Signaller, event: WebhookEvent): Promise<Result> {
  if (event.isTestPing) return 'test_ping';
  const { evaluationId } = event;
  const key = evaluationId === undefined ? undefined : parseEvaluationId(evaluationId);
  if (evaluationId === undefined || !key) return 'not_ours';
  const signal: RiskosEvent = {
    eventId: event.eventId,
    eventType: event.eventType,
    evaluationId,
    ...(event.evalId === undefined ? {} : { evalId: event.evalId }),
    ...(event.progress === undefined ? {} : { progress: event.progress }),
  };
  return signaller.signal(key.applicationId, signal);
}

async function reachable(temporal: Client, deadline: number): Promise<boolean> {
  try {
    await temporal.connection.withDeadline(Date.now() + deadline, () =>
      temporal.workflowService.getSystemInfo({}),
    );
    return true;
  } catch {
    return false;
  }
}
