import type { Evaluation } from '../evaluation.ts';
import type { ParsedScenario } from '../scenarios.ts';
import { isOpen, nameOf, pageOf, stepOf } from './cases.ts';
import { html, page, table } from './html.ts';

/** Where a person begins: the captures that are open, and the ways to the rest. */
export function startPage(evaluations: Evaluation[]): string {
  const rows = evaluations
    .filter(isOpen)
    .map((evaluation) => [
      html`<a href="${pageOf(evaluation)}">${nameOf(evaluation)}</a>`,
      html`${stepOf(evaluation)}`,
      html`${evaluation.play.candidate === 'person' ? 'you' : `the emulator (${evaluation.play.candidate})`}`,
    ]);
  return page(
    'Start',
    html`<h1>RiskOS emulator</h1>
      <p class="row">
        <a class="button main" href="/dashboard">Dashboard: cases and decisions</a>
        <a class="button" href="/scenarios">Scenarios</a>
        <a class="button" href="/admin/ledger">Ledger</a>
      </p>
      <h2>Open captures</h2>
      ${
        rows.length > 0
          ? table(['Candidate', 'For', 'Played by'], rows)
          : html`<p class="soft">
              None. They appear here when an evaluation pauses for documents or a selfie.
            </p>`
      }`,
    { wide: true, live: true },
  );
}

export function scenariosPage(scenarios: ReadonlyMap<string, ParsedScenario>): string {
  return page(
    'Scenarios',
    html`<p><a href="/">Start</a></p>
      <h1>Scenarios</h1>
      <p>
        Chosen by <code>data.custom.scenario</code> of the request. The data:
        <a href="/admin/scenarios">/admin/scenarios</a>
      </p>
      ${table(
        ['Name', 'What happens'],
        [...scenarios].map(([name, { about }]) => [html`<code>${name}</code>`, html`${about}`]),
      )}`,
    { wide: true },
  );
}
