import formBody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { waiting } from '../decisions.ts';
import type { Engine } from '../engine.ts';
import { Refusal } from '../errors.ts';
import { type Capture, type Evaluation, qualities, type Quality, type Side } from '../evaluation.ts';
import { uploaded } from '../events.ts';
import { endingOf } from '../outcomes.ts';
import { pictureOf } from '../pictures.ts';
import { type Html, html, page, showErrors } from './html.ts';

const deed = z.object({
  does: z.enum(['agree', 'decline', 'take', 'retake', 'use', 'leave']),
  quality: z.enum(qualities).default('clear'),
});
type Deed = z.output<typeof deed>;

interface Session {
  evaluation: Evaluation;
  capture: Capture;
}
interface OfOne {
  Params: { token: string };
}
interface OfPicture {
  Params: { token: string; side: string };
}

/** The Capture App: consent, each picture with a preview, confirmation [doc]; a person plays the candidate. */
export function capturePage(engine: Engine) {
  return async (app: FastifyInstance): Promise<void> => {
    await app.register(formBody);
    showErrors(app);

    app.get<OfOne>('/:token', async (request, reply) =>
      reply.type('text/html').send(screenOf(find(engine, request.params.token))),
    );

    app.post<OfOne>('/:token', async (request, reply) => {
      const session = find(engine, request.params.token);
      const done = deed.safeParse(request.body);
      if (!done.success) throw new Refusal(400, { message: 'This page has no such button.' });
      if (done.data.does === 'leave') return reply.type('text/html').send(leftScreen(session.capture));
      act(engine, session, done.data);
      return reply.redirect(`/capture/${session.capture.token}`, 303);
    });

    app.get<OfPicture>('/:token/pictures/:side', async (request, reply) => {
      const { capture, evaluation } = find(engine, request.params.token);
      const side = capture.sides.find((known) => known === request.params.side);
      const quality = side && (capture.pictures[side] ?? (capture.screen === side ? capture.preview : null));
      if (!side || !quality) throw new Refusal(404, { message: 'There is no such picture.' });
      return reply
        .type('image/jpeg')
        .header('cache-control', 'no-store')
        .send(pictureOf(side, quality, evaluation.evalId));
    });
  };
}

/** Throws Refusal 404. */
function find(engine: Engine, token: string): Session {
  const evaluation = engine.findCapture(token);
  if (!evaluation?.capture) throw new Refusal(404, { message: 'This capture link is not known.' });
  return { evaluation, capture: evaluation.capture };
}

/** One press of a button; one that does not belong to the screen shown (a second tab, a reload) changes nothing. */
function act(engine: Engine, { evaluation, capture }: Session, { does, quality }: Deed): void {
  if (!waiting(evaluation, 'capture')) return;
  const { screen } = capture;
  if (screen === 'consent') {
    if (does === 'decline') engine.endCapture(evaluation, 'declines');
    if (does !== 'agree') return;
    engine.progress(evaluation, ['Process Initiated', 'Capture App Opened']);
    capture.screen = capture.sides[0] ?? 'consent';
    return;
  }
  if (screen !== 'front' && screen !== 'back' && screen !== 'selfie') return;
  if (does === 'take') capture.preview = quality;
  if (does === 'retake') capture.preview = null;
  if (does !== 'use' || !capture.preview) return;
  capture.pictures[screen] = capture.preview;
  capture.preview = null;
  engine.progress(evaluation, [uploaded[screen]]);
  const next = capture.sides[capture.sides.indexOf(screen) + 1];
  if (next) capture.screen = next;
  else engine.endCapture(evaluation, endingOf(capture));
}

function screenOf({ capture, evaluation }: Session): string {
  const { screen } = capture;
  if (screen === 'consent') return consentScreen(capture, evaluation.play.candidate === 'person');
  if (screen === 'submitted' || screen === 'declined' || screen === 'expired') {
    return endScreen(evaluation, endTexts[screen]);
  }
  return capture.preview ? previewScreen(capture, screen) : takeScreen(capture, screen);
}

const endTexts = {
  submitted: {
    sign: '✓',
    title: 'Thank you',
    text: 'Your pictures were submitted. There is nothing more to do here.',
  },
  declined: { sign: '–', title: 'You did not agree', text: 'Nothing was captured. You can close this page.' },
  expired: { sign: '⌛', title: 'This link has expired', text: 'Please ask for a new one.' },
};

const names: Record<Side, string> = {
  front: 'front of your document',
  back: 'back of your document',
  selfie: 'selfie',
};

function consentScreen(capture: Capture, person: boolean): string {
  const wanted = capture.sides.map((side) => html`<li>the ${names[side]}</li>`);
  return page(
    'Consent',
    html`<h1>Let us check that you are you</h1>
      <p>We will ask you for pictures of:</p>
      <ul>
        ${wanted}
      </ul>
      <p class="soft">
        The pictures are compared with what you have told your future employer. This is an emulator: the
        pictures are drawn, and nothing leaves this machine.
      </p>
      ${person ? null : html`<p class="warn">This candidate is played by the emulator; it may be quicker than you.</p>`}
      <form method="post" class="actions">
        <button class="main" name="does" value="agree">I agree, go on</button>
        <button name="does" value="decline">I do not agree</button>
        ${leave}
      </form>`,
  );
}

const choices: Record<Side, [Quality, string][]> = {
  front: [
    ['clear', 'Take a clear picture'],
    ['glare', 'Take one with glare'],
    ['doubtful', 'Show a damaged document'],
  ],
  back: [
    ['clear', 'Take a clear picture'],
    ['glare', 'Take one with glare'],
    ['doubtful', 'Show a damaged document'],
  ],
  selfie: [
    ['clear', 'Take a clear selfie'],
    ['glare', 'Take one against the light'],
    ['stranger', 'Let somebody else do it'],
  ],
};

function takeScreen(capture: Capture, side: Side): string {
  const buttons = choices[side].map(
    ([quality, label]) =>
      html`<form method="post">
        <input type="hidden" name="does" value="take" />
        <input type="hidden" name="quality" value="${quality}" />
        <div class="actions"><button class="${quality === 'clear' ? 'main' : ''}">${label}</button></div>
      </form>`,
  );
  return page(
    names[side],
    html`${stepsOf(capture, side)}
      <h1>Now the ${names[side]}</h1>
      <div class="frame ${side === 'selfie' ? 'face' : ''}">
        <p>
          ${side === 'selfie' ? 'Look straight into the camera' : 'Hold it within the frame'}<br />in even
          light
        </p>
      </div>
      ${buttons}
      <form method="post" class="actions">${leave}</form>`,
  );
}

function previewScreen(capture: Capture, side: Side): string {
  return page(
    `check the ${names[side]}`,
    html`${stepsOf(capture, side)}
      <h1>${side === 'selfie' ? 'Is your face easy to see?' : 'Is everything easy to read?'}</h1>
      <div class="frame taken">
        <img
          src="/capture/${capture.token}/pictures/${side}"
          alt="The picture you took: the ${names[side]}"
        />
      </div>
      <form method="post" class="actions">
        <button class="main" name="does" value="use">Use this picture</button>
        <button name="does" value="retake">Take it again</button>
        ${leave}
      </form>`,
  );
}

function endScreen(evaluation: Evaluation, { sign, title, text }: (typeof endTexts)['submitted']): string {
  const redirect = evaluation.request.data.individual.docv?.config?.redirect;
  return page(
    title,
    html`<p class="big" aria-hidden="true">${sign}</p>
      <h1>${title}</h1>
      <p>${text}</p>
      ${redirect ? redirectOf(redirect.url, redirect.method ?? 'GET') : null}`,
  );
}

/** The redirect is offered on cancel as well as on completion [doc]. */
function redirectOf(url: string, method: 'GET' | 'POST'): Html {
  if (method === 'GET')
    return html`<p class="actions"><a class="button main" href="${url}">Back to your application</a></p>`;
  return html`<form method="post" action="${url}" class="actions">
    <button class="main">Back to your application</button>
  </form>`;
}

function leftScreen(capture: Capture): string {
  return page(
    'left',
    html`<h1>You walked away</h1>
      <p>Nothing was sent. The link stays open until it expires, and you can go on where you were.</p>
      <p class="actions"><a class="button" href="/capture/${capture.token}">Go on after all</a></p>`,
  );
}

const leave = html`<button class="quiet" name="does" value="leave">Walk away</button>`;

function stepsOf(capture: Capture, side: Side): Html {
  const at = capture.sides.indexOf(side);
  const marks = capture.sides.map((_, index) => html`<li class="${index <= at ? 'done' : ''}"></li>`);
  return html`<ol class="steps" aria-hidden="true">
      ${marks}
    </ol>
    <p class="soft">Step ${at + 1} of ${capture.sides.length}</p>`;
}
