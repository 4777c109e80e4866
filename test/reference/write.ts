/** Writes the generated pages and schemas: `npm run docs`, or some of them by name: `npm run docs -- policy errors`. */
import { writeFile } from 'node:fs/promises';
import { generated } from './pages.ts';

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(generated)) {
  const files = generated[name];
  if (!files) throw new Error(`no page is called ${name}; there are ${Object.keys(generated).join(', ')}`);
  for (const { path, render } of files) await writeFile(path, await render());
}
