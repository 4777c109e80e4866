import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { visit } from 'unist-util-visit';
import { anchorsOf, type Page, placeOf, readPage, root, spansOf } from './pages.ts';

/** Every link of a page to a file or heading that is not there: `README.md:12 docs/x.md#y: no such heading`. */
export function brokenLinks(page: Page): string[] {
  const found: string[] = [];
  visit(page.tree, (node) => {
    if (node.type !== 'link' && node.type !== 'image' && node.type !== 'definition') return;
    const fault = faultOf(page, node.url);
    if (fault !== undefined) found.push(`${placeOf(page, node)} ${node.url}: ${fault}`);
  });
  return found;
}

function faultOf(page: Page, url: string): string | undefined {
  // Pages elsewhere are not fetched: the tests need no network.
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return undefined;
  const [path = '', anchor] = decodeURI(url).split('#', 2);
  if (path === '') return anchorsOf(page).has(anchor ?? '') ? undefined : 'no such heading';
  const file = join(root, dirname(page.name), path);
  if (relative(root, file).startsWith('..')) return 'is outside the repository';
  if (!existsSync(file)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (statSync(file).isDirectory()) return 'a folder has no headings';
  if (file.endsWith('.md')) {
    return anchorsOf(readPage(relative(root, file))).has(anchor) ? undefined : 'no such heading';
  }
  return lineFault(file, anchor);
}

/** `#L10` or `#L10-L20` of a source file. */
function lineFault(file: string, anchor: string): string | undefined {
  const lines = /^L(\d+)(?:-L(\d+))?$/
    .exec(anchor)
    ?.slice(1)
    .flatMap((text) => (text ? [Number(text)] : []));
  if (!lines) return 'is no line of a source file, such as #L10';
  const count = readFileSync(file, 'utf8').split('\n').length;
  return lines.every((line) => line >= 1 && line <= count) ? undefined : `has ${count} lines only`;
}

const rooms = 'src|workflows|activities|test|bench|docs|examples|scripts|deploy|schemas|types|bin';
const pathPattern = new RegExp(`^(?:${rooms})/[\\w.@/-]*$`);

/** Paths of the repository that stand as code in the text, and are not there. */
export function missingPaths(page: Page): string[] {
  return spansOf(page)
    .filter(({ text }) => pathPattern.test(text) && !existsSync(join(root, text)))
    .map(({ text, place }) => `${place} ${text}: no such file`);
}
