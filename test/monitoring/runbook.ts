import { toString } from 'mdast-util-to-string';
import { visit } from 'unist-util-visit';
import { readPage } from '../docs/pages.ts';

/** One row of the table of faults in docs/runbook.md. */
interface FaultRow {
  fault: string;
  signal: string;
  alert: string;
  section: string;
}

export function faultsOfRunbook(): FaultRow[] {
  const rows: FaultRow[] = [];
  visit(readPage('docs/runbook.md').tree, 'table', ({ children: [head, ...body] }) => {
    if (toString(head?.children[0]) !== 'fault') return;
    for (const { children } of body) {
      const [fault = '', signal = '', alert = '', section = ''] = children.map((cell) =>
        toString(cell).trim(),
      );
      rows.push({ fault, signal, alert, section });
    }
  });
  return rows;
}
