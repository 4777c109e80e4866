import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import type { Code, Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { toString } from 'mdast-util-to-string';
import { gfm } from 'micromark-extension-gfm';
import { visit } from 'unist-util-visit';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Its path from the root of the repository. */
  name: string;
  tree: Nodes;
}

/** Every page that people read. */
export const pages: readonly Page[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
]
  .filter((name) => existsSync(join(root, name)))
  .map(loadPage);

/** A page of the list, or another Markdown file of the repository. */
export function readPage(name: string): Page {
  return pages.find((page) => page.name === name) ?? loadPage(name);
}

function loadPage(name: string): Page {
  const text = readFileSync(join(root, name), 'utf8');
  return { name, tree: parse(text) };
}

export function parse(markdown: string): Nodes {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** Where it stands, for who has to correct it: `README.md:12`. */
export function placeOf(page: Page, node: Nodes): string {
  return `${page.name}:${node.position?.start.line ?? 0}`;
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf({ tree }: Pick<Page, 'tree'>): Set<string> {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  visit(tree, 'heading', (node) => {
    anchors.add(slugger.slug(toString(node)));
  });
  return anchors;
}

/** The code blocks of one of these languages; of an indented block the language is "". */
export function blocksOf(page: Page, languages: readonly string[]): Code[] {
  const found: Code[] = [];
  visit(page.tree, 'code', (node) => {
    if (languages.includes(node.lang ?? '')) found.push(node);
  });
  return found;
}

/** Code spans in the text. */
export function spansOf(page: Page): { text: string; place: string }[] {
  const found: { text: string; place: string }[] = [];
  visit(page.tree, 'inlineCode', (node) => {
    found.push({ text: node.value, place: placeOf(page, node) });
  });
  return found;
}
