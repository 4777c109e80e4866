import formBody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Engine } from '../engine.ts';
import { Refusal } from '../errors.ts';
import type { Evaluation } from '../evaluation.ts';
import { pictureOf } from '../pictures.ts';
import { followUp } from '../scenarios.ts';
import { casePage, casesPage, sidesOf, underReview } from './cases.ts';
import { showErrors } from './html.ts';
import { scenariosPage, startPage } from './start.ts';

const decision = z.object({
  decision: z.enum(['ACCEPT', 'REJECT', 'RESUBMIT']),
  notes: z.string().max(2000).default(''),
});

interface OfOne {
  Params: { evalId: string };
}
interface OfPicture {
  Params: { evalId: string; side: string };
}

/** The start page, and the dashboard where a person plays the reviewer. */
export function dashboardPages(engine: Engine) {
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(formBody);
    showErrors(app);

    app.get('/', async (_request, reply) => reply.type('text/html').send(startPage(newestFirst(engine))));

    app.get('/scenarios', async (_request, reply) =>
      reply.type('text/html').send(scenariosPage(engine.scenarios)),
    );

    app.get('/dashboard', async (_request, reply) =>
      reply.type('text/html').send(casesPage(newestFirst(engine))),
    );

    app.get<OfOne>('/dashboard/:evalId', async (request, reply) =>
      reply.type('text/html').send(casePage(find(engine, request.params.evalId))),
    );

    app.post<OfOne>('/dashboard/:evalId', async (request, reply) => {
      const evaluation = find(engine, request.params.evalId);
      const asked = decision.safeParse(request.body);
      if (!asked.success) throw new Refusal(400, { message: 'A decision is ACCEPT, REJECT or RESUBMIT.' });
      if (!underReview(evaluation)) throw new Refusal(409, { message: 'This case is not under review.' });
      engine.happen(evaluation, followUp.parse({ event: 'decision_update', ...asked.data }));
      return reply.redirect(`/dashboard/${evaluation.evalId}`, 303);
    });

    app.get<OfPicture>('/dashboard/:evalId/pictures/:side', async (request, reply) => {
      const evaluation = find(engine, request.params.evalId);
      const side = sidesOf(evaluation).find((known) => known === request.params.side);
      const quality = side && evaluation.capture?.pictures[side];
      if (!side || !quality) throw new Refusal(404, { message: 'There is no such picture.' });
      return reply.type('image/jpeg').send(pictureOf(side, quality, evaluation.evalId));
    });
  };
}

function newestFirst(engine: Engine): Evaluation[] {
  return [...engine.evaluations.values()].toReversed();
}

/** Throws Refusal 404. */
function find(engine: Engine, evalId: string): Evaluation {
  const evaluation = engine.evaluations.get(evalId);
  if (!evaluation) throw new Refusal(404, { message: 'This case is not known.' });
  return evaluation;
}
