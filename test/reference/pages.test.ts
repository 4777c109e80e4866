import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { updateNames } from '../../src/contract/index.ts';
import { jsonSchemaOf, schemaNames } from '../../src/contract/json-schema.ts';
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

test('a program that has installed the package finds each schema in it', () => {
  for (const name of schemaNames) {
    const schema: unknown = createRequire(import.meta.url)(`candidate-funnel/schemas/${name}.json`);
    expect(schema).toEqual(jsonSchemaOf(name));
  }
});

test('every verb that docs/messages.md names sends that update', () => {
  const known = program.commands.map((verb) => verb.name());
  expect(updateNames.map((name) => verbs[name]).filter((verb) => !known.includes(verb))).toEqual([]);
});
