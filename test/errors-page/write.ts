/** Writes docs/errors.md anew: `npm run docs:errors`. */
import { writeFile } from 'node:fs/promises';
import { pagePath, renderPage } from './page.ts';

await writeFile(pagePath, await renderPage());
