import type { FastifyInstance } from 'fastify';
import { Refusal } from '../errors.ts';

/** Text that is already HTML. */
export interface Html {
  readonly html: string;
}
type Value = string | number | Html | readonly Html[] | null;

/** A template whose values are escaped, but for other templates. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  const text = parts.reduce((before, part, index) => before + textOf(values[index - 1] ?? null) + part);
  return { html: text };
}

function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return 'html' in value ? value.html : value.map((one) => one.html).join('');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

/** A whole page; `wide` for tables, otherwise as wide as a phone. */
export function page(title: string, content: Html, options: { wide?: boolean; live?: boolean } = {}): string {
  return `<!doctype html>${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} – RiskOS emulator</title>
        <link rel="stylesheet" href="/assets/pages.css" />
        <script src="/assets/pages.js" defer></script>
      </head>
      <body class="${options.wide ? 'wide' : 'phone'}" ${options.live ? html`data-live` : null}>
        <main id="main">${content}</main>
        <footer>RiskOS emulator · no real person, no real document</footer>
      </body>
    </html>`.html
  }`;
}

export function table(headings: string[], rows: Html[][]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** People get a page where programs get JSON. */
export function showErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const known = error instanceof Refusal;
    if (!known) request.log.error(error);
    const text = known && 'message' in error.body ? String(error.body.message) : 'Please try again.';
    return reply
      .code(known ? error.status : 500)
      .type('text/html')
      .send(
        page(
          'Sorry',
          html`<h1>That did not work</h1>
            <p>${text}</p>
            <p><a href="/">Start</a></p>`,
        ),
      );
  });
}
