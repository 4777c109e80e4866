/** Writes docs/funnel.md anew from the table: `npm run docs:funnel`. */
import { writeFile } from 'node:fs/promises';
import { pagePath, renderPage } from './page.ts';

await writeFile(pagePath, await renderPage());
