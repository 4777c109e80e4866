import type { FastifyInstance, FastifyReply } from 'fastify';
import { answerOf } from './answer.ts';
import { spoilCalls } from './call-faults.ts';
import { documentsOf, zipOf } from './documents.ts';
import type { Engine } from './engine.ts';
import { noDocuments, Refusal, refusal, unknownEvaluation } from './errors.ts';
import type { Environment, Evaluation } from './evaluation.ts';
import type { Faults } from './faults.ts';
import type { Ledger } from './ledger.ts';
import type { RateLimiter } from './rate-limit.ts';
import { readRequest } from './request.ts';
import type { Stage } from './stage.ts';

export interface ApiParts {
  engine: Engine;
  ledger: Ledger;
  faults: Faults;
  stage: Stage;
  rateLimiter: RateLimiter;
  /** Which environment a bearer key is for; `undefined` for one that is not known. */
  environmentOf: (key: string) => Environment | undefined;
}

interface OfOne {
  Params: { evalId: string };
}

declare module 'fastify' {
  interface FastifyRequest {
    environment: Environment;
  }
}

/** The four calls of the RiskOS API [doc]. */
export function evaluationApi(parts: ApiParts) {
  const { engine, ledger } = parts;
  return async (app: FastifyInstance): Promise<void> => {
    app.decorateRequest('environment', 'Sandbox');
    app.addHook('onRequest', async (request, reply) => {
      const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      const environment = key === undefined ? undefined : parts.environmentOf(key);
      if (key === undefined || !environment) {
        throw refusal(401, 'AUTHENTICATION_FAILED', 'The API key is missing or not known.');
      }
      request.environment = environment;
      const wait = parts.rateLimiter.refuse(key);
      if (wait) return reply.code(429).headers(wait).send({ message: 'Too Many Requests' });
    });
    spoilCalls(app, parts);

    app.post('/evaluation', { config: { call: 'create' } }, async (request, reply) => {
      const asked = readRequest(request.body);
      const evaluation = await engine.create(asked, request.environment);
      reply.code(evaluation.state === 'evaluation_completed' ? 200 : 201);
      const answer = answerOf(evaluation);
      if (request.faults.some(({ kind }) => kind === 'early')) await engine.begin(evaluation);
      // What RiskOS then does by itself begins once the answer is out, or its connection is gone.
      else onceAnswered(reply, () => void engine.begin(evaluation));
      return reply.send(answer);
    });

    app.get<OfOne>('/evaluation/:evalId', { config: { call: 'read' } }, (request) =>
      answerOf(find(engine, request.params.evalId, request.environment)),
    );

    app.patch<OfOne>('/evaluation/:evalId', { config: { call: 'patch' } }, async (request, reply) => {
      const evaluation = find(engine, request.params.evalId, request.environment);
      const { id, evalId } = evaluation;
      const entry = { id, eval_id: evalId, status: 400, at: new Date().toISOString() };
      ledger.patches.push(entry);
      const wentOn = await engine.patch(evaluation, request.body);
      entry.status = 200;
      if (wentOn) onceAnswered(reply, () => engine.tell(evaluation));
      return reply.send(answerOf(evaluation));
    });

    app.get<OfOne>(
      '/evaluation/:evalId/documents',
      { config: { call: 'documents' } },
      async (request, reply) => {
        const evaluation = find(engine, request.params.evalId, request.environment);
        const { id, evalId } = evaluation;
        const now = Date.now();
        const entries = documentsOf(evaluation, now);
        const files = entries.length;
        const status = files === 0 ? 400 : 200;
        ledger.documents.push({ id, eval_id: evalId, status, files, at: new Date(now).toISOString() });
        if (files === 0) throw noDocuments();
        return reply
          .type('application/zip')
          .header('content-disposition', `attachment; filename="${evalId}_document.zip"`)
          .send(await zipOf(entries));
      },
    );
  };
}

function onceAnswered(reply: FastifyReply, work: () => void): void {
  reply.raw.once('close', work);
}

/** Throws Refusal 404. */
function find(engine: Engine, evalId: string, environment: Environment): Evaluation {
  const evaluation = engine.find(evalId, environment);
  if (!evaluation) throw unknownEvaluation();
  return evaluation;
}

/** Answers in the shapes RiskOS has for errors; what is not foreseen is a 500 that says no more. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (error: unknown, request, reply) => {
    if (error instanceof Refusal) return reply.code(error.status).send(error.body);
    const status = statusOf(error);
    if (status < 500) {
      const { body } = refusal(status, 'INVALID_PAYLOAD', 'The body could not be read as JSON.');
      return reply.code(status).send(body);
    }
    request.log.error(error);
    return reply.code(500).send({ error: 'Internal Server Error' });
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ message: 'Not Found' }));
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
