import formBody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { waiting } from '../decisions.ts';
import type { Engine } from '../engine.ts';
import { Refusal } from '../errors.ts';
import type { Evaluation } from '../evaluation.ts';
import { html, page, showErrors } from './html.ts';

const deed = z.object({ does: z.enum(['completes', 'declines']) });

interface OfOne {
  Params: { token: string };
}

/** The Hosted Flow: a page of RiskOS's own that the candidate is sent to by `redirect_uri` [doc]. */
export function hostedPage(engine: Engine) {
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(formBody);
    showErrors(app);

    app.get<OfOne>('/:token', async (request, reply) =>
      reply.type('text/html').send(screenOf(find(engine, request.params.token))),
    );

    app.post<OfOne>('/:token', async (request, reply) => {
      const evaluation = find(engine, request.params.token);
      const done = deed.safeParse(request.body);
      if (!done.success) throw new Refusal(400, { message: 'This page has no such button.' });
      engine.endHostedFlow(evaluation, done.data.does);
      return reply.redirect(`/hosted/${request.params.token}`, 303);
    });
  };
}

/** Throws Refusal 404. */
function find(engine: Engine, token: string): Evaluation {
  const evaluation = engine.findHosted(token);
  if (!evaluation) throw new Refusal(404, { message: 'This link is not known.' });
  return evaluation;
}

function screenOf(evaluation: Evaluation): string {
  if (!waiting(evaluation, 'hosted_flow')) {
    return page(
      'Done',
      html`<p class="big" aria-hidden="true">✓</p>
        <h1>Thank you</h1>
        <p>There is nothing more to do here.</p>`,
    );
  }
  const { given_name, family_name } = evaluation.request.data.individual;
  return page(
    'Confirm',
    html`<h1>Please confirm who you are</h1>
      <p>You are <strong>${given_name} ${family_name}</strong>, and you agree that this is checked.</p>
      <form method="post" class="actions">
        <button class="main" name="does" value="completes">Yes, confirm</button>
        <button name="does" value="declines">No, cancel</button>
      </form>`,
  );
}
