import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toString } from 'mdast-util-to-string';
import { visit } from 'unist-util-visit';
import { z } from 'zod';
import { allSettings } from '../../src/config.ts';
import { stages } from '../../src/contract/index.ts';
import { commandFault, commandLines, completenessFault, helpExamples } from './commands.ts';
import { unknownSettings } from './environment.ts';
import { brokenLinks, missingPaths } from './links.ts';
import { blocksOf, type Page, pages, parse, placeOf, root, spansOf } from './pages.ts';

const manifest = z
  .object({ scripts: z.record(z.string(), z.string()), exports: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

describe.each(pages)('$name', (page) => {
  test('links to files and headings that are there', () => {
    expect(brokenLinks(page)).toEqual([]);
    expect(missingPaths(page)).toEqual([]);
  });

  test('has only commands that the command line takes', () => {
    expect(wrongCommands(page)).toEqual([]);
  });

  test('names only npm scripts and entry points of the package that are there', () => {
    expect([...wrongScripts(page), ...wrongDoors(page)]).toEqual([]);
  });

  test('names only settings that a process reads', () => {
    expect(unknownSettings(page)).toEqual([]);
  });

  test('has no phrase that reads as translated', () => {
    const phrases = /\b(?:(?:is|are|be|being) told|comes? of|becomes of|what becomes|before your eyes)\b/i;
    expect(textsIn(page.tree).filter((text) => phrases.test(text))).toEqual([]);
  });

  test('has JSON that can be parsed', () => {
    for (const { value } of blocksOf(page, ['json'])) expect(() => JSON.parse(value)).not.toThrow();
  });
});

test('every setting has a row in a table of settings', () => {
  const withRow = new Set(pages.flatMap(({ tree }) => settingsInRows(tree)));
  expect(Object.keys(allSettings).filter((name) => !withRow.has(withoutFile(name)))).toEqual([]);
});

test('the examples of every --help are commands that can be copied', () => {
  const lines = helpExamples().filter(({ words: [name] }) => name === 'candidate-funnel');
  expect(lines.length).toBeGreaterThan(20);
  const wrong = lines.flatMap(({ words: [, ...args], place }) => {
    const fault = commandFault(args) ?? completenessFault(args);
    return fault === undefined ? [] : [`${place}: ${args.join(' ')}: ${fault}`];
  });
  expect(wrong).toEqual([]);
});

test.each(pages.filter(({ name }) => name.startsWith('docs/')))(
  '$name says in its opening what it is for and what to read before',
  ({ tree }) => {
    const [heading, ...others] = 'children' in tree ? tree.children : [];
    expect([heading?.type, others[0]?.type]).toEqual(['heading', 'paragraph']);
    const end = others.findIndex(({ type }) => type === 'heading');
    expect(toString(others.slice(0, end < 0 ? undefined : end))).toMatch(/\b(?:read|run)\b/i);
  },
);

test('README.md links to every page of docs/', () => {
  const linked: string[] = [];
  for (const { tree } of pages.filter(({ name }) => name === 'README.md'))
    visit(tree, 'link', ({ url }) => void linked.push(url));
  const names = pages.map(({ name }) => name).filter((name) => name.startsWith('docs/'));
  expect(names.filter((name) => !linked.includes(name))).toEqual([]);
});

test('the state diagram of docs/architecture.md has every stage, and nothing else', () => {
  const states = pages
    .filter(({ name }) => name === 'docs/architecture.md')
    .flatMap((page) => blocksOf(page, ['mermaid']))
    .filter(({ value }) => value.startsWith('stateDiagram'))
    .flatMap(({ value }) => [...value.matchAll(/^ +(\S+) --> ([^\s:]+)/gm)])
    .flatMap(([, from = '', to = '']) => [from, to])
    .filter((state) => state !== '[*]');
  expect([...new Set(states)].toSorted()).toEqual([...stages].toSorted());
});

/** Paragraphs, headings and cells of tables. */
function textsIn(tree: Page['tree']): string[] {
  const texts: string[] = [];
  visit(tree, (node) => {
    if (['paragraph', 'heading', 'tableCell'].includes(node.type)) texts.push(toString(node));
  });
  return texts;
}

/** Every setting can be given as a file too. */
const withoutFile = (name: string): string => name.replace(/_FILE$/, '');

/** The names in the first cells of a page's tables. */
function settingsInRows(tree: Page['tree']): string[] {
  const names: string[] = [];
  visit(tree, 'tableRow', ({ children: [first] }) => {
    if (first) names.push(...(toString(first).match(/[A-Z][A-Z_]{3,}/g) ?? []).map(withoutFile));
  });
  return names;
}

function wrongCommands(page: Page): string[] {
  const inBlocks = new Set(
    blocksOf(page, ['sh', 'bash', 'console', 'shell', '']).map((node) => placeOf(page, node)),
  );
  return commandLines(page).flatMap(({ words: [name, ...args], place }) => {
    if (name !== 'candidate-funnel') return [];
    const fault = commandFault(args) ?? (inBlocks.has(place) ? completenessFault(args) : undefined);
    return fault === undefined ? [] : [`${place} candidate-funnel ${args.join(' ')}: ${fault}`];
  });
}

function wrongScripts(page: Page): string[] {
  return commandLines(page).flatMap(({ words: [name, verb, script], place }) => {
    if (name !== 'npm') return [];
    const wanted = verb === 'test' ? 'test' : verb === 'run' ? script : undefined;
    return wanted === undefined || wanted in manifest.scripts
      ? []
      : [`${place} npm run ${wanted}: no such script`];
  });
}

function wrongDoors(page: Page): string[] {
  return spansOf(page).flatMap(({ text, place }) => {
    const door = /^candidate-funnel(\/[\w./-]+)$/.exec(text)?.[1];
    if (door === undefined) return [];
    const names = [`.${door}`, `.${door}`.replace(/[^/]+(\.\w+)$/, '*$1')];
    return names.some((name) => name in manifest.exports) ? [] : [`${place} ${text}: no such entry point`];
  });
}

describe('the checks notice', () => {
  const page = (markdown: string): Page => ({ name: 'docs/page.md', tree: parse(markdown) });

  test.each<[string, (one: Page) => string[], string, string | RegExp]>([
    ['a file that is not there', brokenLinks, '[x](nowhere.md)', /no such file/],
    ['a heading that is not there', brokenLinks, '[x](errors.md#nothing)', /no such heading/],
    ['a heading of the page itself', brokenLinks, '# One\n\n[x](#two)', /no such heading/],
    ['a picture that is not there', brokenLinks, '![x](images/none.png)', /no such file/],
    ['a line that a file does not have', brokenLinks, '[x](../tsconfig.json#L9999)', /lines only/],
    ['a path that is not there', missingPaths, '`src/nothing.ts`', /no such file/],
    ['an unknown verb', wrongCommands, '```sh\nnpx candidate-funnel begin\n```', /no verb/],
    ['an unknown verb of a verb', wrongCommands, '`candidate-funnel images burn`', /no verb/],
    ['an unknown option', wrongCommands, '```sh\nX=1 candidate-funnel list --all | cat\n```', /no option/],
    ['an option without its value', wrongCommands, '`candidate-funnel start --file`', /argument missing/],
    ['a value that is none of the choices', wrongCommands, '`candidate-funnel schema x`', /must be one of/],
    ['a missing argument', wrongCommands, '```sh\ncandidate-funnel status\n```', /needs <id>/],
    [
      'a missing option',
      wrongCommands,
      '```sh\ncandidate-funnel review app-1 \\\n --verdict accept\n```',
      /--reason/,
    ],
    ['an unknown script', wrongScripts, '`npm run nothing`', /no such script/],
    ['an unknown entry point', wrongDoors, '`candidate-funnel/nothing`', /no such entry/],
    ['an unknown setting', unknownSettings, 'Set `RISKOS_KEY_API`.', /no process reads it/],
  ])('%s', (_what, check, markdown, fault) => {
    expect(check(page(markdown)).join()).toMatch(fault);
  });

  test('nothing in a page that is right', () => {
    const right = page(
      '# One\n\n[x](#one) [y](errors.md#exit-codes-of-the-command) `src/cli/` `candidate-funnel/relay` `RISKOS_API_KEY_FILE` `npm test`\n\n' +
        "```sh\nNO_PROXY='*' npx candidate-funnel list --waiting-for operator --json | candidate-funnel retry - # all\n```",
    );
    expect(
      [brokenLinks, missingPaths, wrongCommands, wrongScripts, wrongDoors, unknownSettings].flatMap((check) =>
        check(right),
      ),
    ).toEqual([]);
  });
});
