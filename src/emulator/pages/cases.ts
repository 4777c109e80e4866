import { waiting } from '../decisions.ts';
import type { Evaluation, Side } from '../evaluation.ts';
import { type Html, html, page, table } from './html.ts';

const shown = 200;

/** All cases, the newest first. */
export function casesPage(evaluations: Evaluation[]): string {
  const toReview = evaluations.filter(underReview).length;
  const rows = evaluations.slice(0, shown).map((evaluation) => [
    html`<a href="/dashboard/${evaluation.evalId}">${nameOf(evaluation)}</a><br />
      <code class="soft">${evaluation.id}</code>`,
    html`${stepOf(evaluation)}`,
    html`${evaluation.scenario}`,
    labelOf(evaluation),
  ]);
  return page(
    'Cases',
    html`<p><a href="/">Start</a></p>
      <h1>Cases</h1>
      <p>
        ${evaluations.length} in all, ${toReview} to review.
        ${evaluations.length > shown ? `The newest ${shown} are shown.` : ''}
      </p>
      ${table(['Candidate', 'For', 'Scenario', 'State'], rows)}`,
    { wide: true, live: true },
  );
}

/** One case with its images, and the buttons of a reviewer where there is something to decide. */
export function casePage(evaluation: Evaluation): string {
  const pictures = sidesOf(evaluation).map(
    (side) =>
      html`<figure>
        <img src="/dashboard/${evaluation.evalId}/pictures/${side}" alt="Picture of the ${side}" />
        <figcaption>${side}</figcaption>
      </figure>`,
  );
  const codes = evaluation.outcome?.reasonCodes ?? [];
  return page(
    'Case',
    html`<p><a href="/dashboard">Cases</a></p>
      <h1>${nameOf(evaluation)}</h1>
      <p>${labelOf(evaluation)}</p>
      <p class="soft">${stepOf(evaluation)}, ${evaluation.environment}</p>
      <p><code>${evaluation.evalId}</code></p>
      ${codes.length > 0 ? html`<p>Reason codes: ${codes.join(', ')}</p>` : null}
      ${evaluation.tags.length > 0 ? html`<p>Tags: ${evaluation.tags.join(', ')}</p>` : null}
      ${evaluation.notes ? html`<p>Notes: ${evaluation.notes}</p>` : null}
      ${pictures.length > 0 ? html`<div class="thumbs">${pictures}</div>` : html`<p class="soft">No images.</p>`}
      ${
        evaluation.attachments.length > 0
          ? html`<p>Attachments: ${evaluation.attachments.join(', ')}</p>`
          : null
      }
      ${underReview(evaluation) ? decisionForm : null}
      ${
        isOpen(evaluation)
          ? html`<p class="actions">
              <a class="button" href="${pageOf(evaluation)}">Play this candidate</a>
            </p>`
          : null
      }`,
  );
}

const decisionForm = html`<h2>Your decision</h2>
  <form method="post">
    <label for="notes">Notes</label>
    <input id="notes" name="notes" maxlength="2000" autocomplete="off" />
    <div class="actions">
      <button class="good" name="decision" value="ACCEPT">Accept</button>
      <button class="warn" name="decision" value="RESUBMIT">Ask for new pictures</button>
      <button class="bad" name="decision" value="REJECT">Reject</button>
    </div>
  </form>`;

/** Whether a candidate has a page to go to. */
export function isOpen(evaluation: Evaluation): boolean {
  return waiting(evaluation, 'capture') || waiting(evaluation, 'hosted_flow');
}

export function pageOf(evaluation: Evaluation): string {
  const { capture, hosted } = evaluation;
  if (waiting(evaluation, 'hosted_flow')) return `/hosted/${hosted?.token ?? ''}`;
  return `/capture/${capture?.token ?? ''}`;
}

export function underReview({ state, decision }: Evaluation): boolean {
  return state === 'evaluation_completed' && decision === 'REVIEW';
}

/** The images a reviewer sees: none where they were deleted. */
export function sidesOf({ capture, imagesAt }: Evaluation): Side[] {
  return imagesAt === null || !capture ? [] : capture.sides.filter((side) => capture.pictures[side]);
}

export function nameOf(evaluation: Evaluation): string {
  const { given_name, family_name } = evaluation.request.data.individual;
  return `${given_name} ${family_name}`;
}

export function stepOf({ useCase, attempt }: Evaluation): string {
  return `${useCase}, attempt ${attempt}`;
}

const tones: Record<string, string> = {
  ACCEPT: 'good',
  APPROVE: 'good',
  REJECT: 'bad',
  DECLINE: 'bad',
  REVIEW: 'warn',
  RESUBMIT: 'warn',
};

function labelOf(evaluation: Evaluation): Html {
  if (evaluation.state === 'evaluation_completed') {
    return html`<span class="label ${tones[evaluation.decision] ?? ''}">${evaluation.decision}</span>`;
  }
  if (evaluation.state === 'evaluation_failed') return html`<span class="label bad">failed</span>`;
  const waits = evaluation.waitsFor[0]?.replaceAll('_', ' ');
  const text = evaluation.state === 'evaluation_paused' ? `waits for ${waits ?? 'nothing'}` : 'in progress';
  return html`<span class="label">${text}</span>`;
}
