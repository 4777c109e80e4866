import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a file could keep of one workflow for the next one: variables, and collections that can be written to. */
function keptOf(text: string): string[] {
  // The code is formatted, so what belongs to the module begins its line.
  const declarations = text.match(/^(?:export )?(?:let|var|const) [^;]*?(?:;|=>|\{$)/gm) ?? [];
  return declarations.filter(
    (one) =>
      /^(?:export )?(?:let|var) /.test(one) ||
      (/ = new (?:Map|Set|WeakMap|WeakSet)\b/.test(one) && !/: Readonly(?:Map|Set)</.test(one)),
  );
}

test.each(['workflows', 'workflows/evaluation', 'workflows/retention', 'src/contract'])(
  'no module of %s keeps anything, since all workflows of a thread share it',
  (folder) => {
    const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));
    const kept = files.flatMap((name) =>
      keptOf(readFileSync(join(root, folder, name), 'utf8')).map((one) => `${name}: ${one}`),
    );
    expect(kept).toEqual([]);
  },
);

test.each([
  'let seen = 0;',
  'export let seen: string[];',
  'const seen = new Map<string, number>();',
  'export const seen = new WeakSet();',
])('"%s" would be found', (line) => {
  expect(keptOf(`import a from 'a';\n${line}\n`)).toEqual([line]);
});

test.each([
  "const known: ReadonlySet<string> = new Set(['a']);",
  'function count() {\n  let seen = 0;\n  const all = new Set();\n}',
  "const words = ['a', 'b'] as const;",
])('"%s" is fine', (line) => {
  expect(keptOf(line)).toEqual([]);
});
