import { relative } from 'node:path';
import type { Coverage } from './exchange.ts';
import type { Mutant } from './instrument.ts';

/** What the tests noticed of one file's mutants. */
export interface FileResult {
  file: string;
  killed: number;
  survived: Mutant[];
  /** Tried only while the module loads, which happens once. */
  static: number;
}

/** A mutant that no test reaches has survived, unless its place is only reached while the module loads. */
export function resultsOf(
  mutants: Mutant[],
  coverage: Coverage,
  killed: Record<string, string>,
): FileResult[] {
  const reached = new Set(Object.values(coverage.perTest).flatMap((hits) => Object.keys(hits)));
  return [...new Set(mutants.map(({ file }) => file))].map((file) => {
    const all = mutants.filter((mutant) => mutant.file === file);
    const isStatic = ({ id }: Mutant) => coverage.static[id] !== undefined && !reached.has(id);
    const tried = all.filter((mutant) => !isStatic(mutant));
    const survived = tried.filter(({ id }) => killed[id] === undefined);
    return {
      file: relative('.', file),
      killed: tried.length - survived.length,
      survived,
      static: all.length - tried.length,
    };
  });
}

/** Each survivor with its place, then a row for each file. */
export function describeResults(results: FileResult[]): string {
  const survivors = results.flatMap(({ file, survived }) =>
    survived.map(({ line, column, name, replacement }) => {
      const change = replacement.replaceAll(/\s+/g, ' ');
      return `${file}:${line}:${column} ${name}: ${change.length > 100 ? `${change.slice(0, 100)}…` : change}`;
    }),
  );
  const rows = results.map(
    ({ file, killed, survived, static: loading }) =>
      `| \`${file}\` | ${killed + survived.length} | ${killed} | ${survived.length} | ${loading} |`,
  );
  const head = ['| file | mutants | killed | survived | while loading |', '| --- | --: | --: | --: | --: |'];
  return [...survivors, '', ...head, ...rows].join('\n');
}
