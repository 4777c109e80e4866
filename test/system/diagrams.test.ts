import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, pages, placeOf } from '../docs/pages.ts';
import { launch } from './browser.ts';

const diagrams = pages.flatMap((page) =>
  blocksOf(page, ['mermaid']).map((node) => ({ place: placeOf(page, node), source: node.value })),
);

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launch();
  page = await browser.newPage();
  await page.setContent('<!doctype html><html lang="en"><body></body></html>');
  await page.addScriptTag({
    path: fileURLToPath(new URL('../../node_modules/mermaid/dist/mermaid.min.js', import.meta.url)),
  });
  await page.evaluate("mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' })");
});
afterAll(() => browser.close());

/** The text of the picture; rejects where Mermaid cannot draw it. */
async function drawn(source: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const { svg } = await mermaid.render('diagram', ${JSON.stringify(source)});
    document.body.innerHTML = svg;
    return document.querySelector('svg').textContent;
  })()`);
}

test('there are pictures to draw', () => {
  expect(diagrams.length).toBeGreaterThanOrEqual(3);
});

test.each(diagrams)('the picture of $place is drawn, with every label', async ({ source }) => {
  const text = String(await drawn(source));
  const labels = [...source.matchAll(/"([^"]+)"/g)].flatMap(([, label]) => label ?? []);
  const squeezed = (words: string) => words.replaceAll(/\s+/g, '');
  expect(labels.filter((label) => !squeezed(text).includes(squeezed(label)))).toEqual([]);
  expect(text.length).toBeGreaterThan(200);
});

test('a picture with a mistake is not drawn', async () => {
  await expect(drawn('flowchart LR\n  a -->')).rejects.toThrow(/Parse error/);
});
