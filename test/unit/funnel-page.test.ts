import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { pagePath, renderPage } from '../workflow/funnel-table/page.ts';

test('docs/funnel.md is what the tested table says; `npm run docs:funnel` writes it', async () => {
  expect(await readFile(pagePath, 'utf8')).toBe(await renderPage());
});
