import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Engine } from './engine.ts';
import { Refusal, unknownEvaluation } from './errors.ts';
import { endings, type Evaluation } from './evaluation.ts';
import { type Faults, faults } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { type RateLimiter, rateLimit } from './rate-limit.ts';
import { read } from './request.ts';
import { attachmentName, followUp, scenarioName, scenario } from './scenarios.ts';
import { type Webhooks, webhookTarget } from './webhooks.ts';

export interface AdminParts {
  engine: Engine;
  ledger: Ledger;
  faults: Faults;
  rateLimiter: RateLimiter;
  webhooks: Webhooks;
}

interface OfOne {
  Params: { evalId: string };
}

const deed = z.strictObject({ does: z.enum(endings) });
const attachment = z.strictObject({ name: attachmentName });

/** What tests and people ask of the emulator that RiskOS itself does not offer. A bad call is answered 400. */
export function adminApi(parts: AdminParts) {
  const { engine, webhooks } = parts;
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/ledger', () => parts.ledger);
    app.get('/evaluations', () => [...engine.evaluations.values()].map(summaryOf));

    app.get('/scenarios', () => Object.fromEntries(engine.scenarios));
    app.put<{ Params: { name: string } }>('/scenarios/:name', (request, reply) => {
      const name = read(scenarioName, request.params.name);
      engine.scenarios.set(name, read(scenario, request.body));
      reply.code(204).send();
    });

    app.get('/faults', () => parts.faults.general);
    app.put('/faults', (request, reply) => {
      parts.faults.replace(read(faults, request.body));
      reply.code(204).send();
    });

    app.put('/rate-limit', (request, reply) => {
      parts.rateLimiter.set(read(rateLimit.nullable(), request.body) ?? undefined);
      reply.code(204).send();
    });

    app.put('/webhook', (request, reply) => {
      webhooks.setTarget(read(webhookTarget.nullable(), request.body) ?? undefined);
      reply.code(204).send();
    });

    /** The dashboard's test ping, which a subscriber must answer 2xx [seen]. */
    app.post('/ping', (_request, reply) => {
      const data = {
        id: 'verify-ping1',
        environment_name: '',
        decision: 'ACCEPT',
        evaluation_status: 'evaluation_completed',
      };
      void webhooks.deliver(webhooks.eventOf('evaluation_completed', data));
      reply.code(202).send({});
    });

    app.post<OfOne>('/evaluations/:evalId/candidate', (request, reply) => {
      const evaluation = find(engine, request.params.evalId);
      const { does } = read(deed, request.body);
      if (!engine.endCapture(evaluation, does) && !engine.endHostedFlow(evaluation, does)) {
        throw new Refusal(409, { message: 'This evaluation does not wait for a candidate.' });
      }
      reply.code(202).send(summaryOf(evaluation));
    });

    app.post<OfOne>('/evaluations/:evalId/events', (request, reply) => {
      const evaluation = find(engine, request.params.evalId);
      const event = read(followUp, request.body);
      const decides = event.event === 'decision_update' || event.event === 'reevaluation';
      if (decides && evaluation.state !== 'evaluation_completed') {
        throw new Refusal(409, { message: 'Only a completed evaluation can be decided again.' });
      }
      engine.happen(evaluation, event);
      reply.code(202).send(summaryOf(evaluation));
    });

    app.post<OfOne>('/evaluations/:evalId/attachments', (request, reply) => {
      const evaluation = find(engine, request.params.evalId);
      const { name } = read(attachment, request.body);
      engine.happen(evaluation, followUp.parse({ event: 'case_attachment_added', attachment: name }));
      reply.code(201).send(summaryOf(evaluation));
    });

    /** Retention has run out, or somebody has asked for deletion. */
    app.delete<OfOne>('/evaluations/:evalId/images', (request, reply) => {
      find(engine, request.params.evalId).imagesAt = null;
      reply.code(204).send();
    });
  };
}

/** Throws Refusal 404. */
function find(engine: Engine, evalId: string): Evaluation {
  const evaluation = engine.evaluations.get(evalId);
  if (!evaluation) throw unknownEvaluation();
  return evaluation;
}

/** One evaluation without the person's data. */
function summaryOf(evaluation: Evaluation) {
  const { capture, play } = evaluation;
  return {
    id: evaluation.id,
    eval_id: evaluation.evalId,
    individual_id: evaluation.request.data.individual.id ?? null,
    event_type: evaluation.request.data.event_type ?? '',
    scenario: evaluation.scenario,
    attempt: evaluation.attempt,
    eval_status: evaluation.state,
    waits_for: evaluation.waitsFor[0] ?? null,
    decision: evaluation.state === 'evaluation_completed' ? evaluation.decision : null,
    reference_id: evaluation.referenceId,
    transaction_token: capture?.token ?? null,
    capture_url: capture?.url ?? null,
    hosted_url: evaluation.hosted?.url ?? null,
    candidate: play.candidate,
    screen: capture?.screen ?? null,
  };
}
