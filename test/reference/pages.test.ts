import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { updateNames } from '../../src/contract/index.ts';
import { program } from '../../src/cli/program.ts';
import { verbs } from './messages-page.ts';
import { generated } from './pages.ts';

const files = Object.entries(generated).flatMap(([name, parts]) =>
  parts.map((part) => ({ ...part, name, file: part.path.pathname.split('/').slice(-2).join('/') })),
);

test.each(files)(
  '$file is what its source says; `npm run docs -- $name` writes it',
  async ({ path, render }) => {
    expect(await readFile(path, 'utf8')).toBe(await render());
  },
);

test('every verb that docs/messages.md names sends that update', () => {
  const known = program.commands.map((verb) => verb.name());
  expect(updateNames.map((name) => verbs[name]).filter((verb) => !known.includes(verb))).toEqual([]);
});
