import { readFile } from 'node:fs/promises';
import { Instrumenter } from '@stryker-mutator/instrumenter';

/** One change of the code, which is made when its id is switched on. */
export interface Mutant {
  id: string;
  file: string;
  line: number;
  column: number;
  name: string;
  replacement: string;
}

export interface Instrumented {
  mutants: Mutant[];
  /** By absolute path: the source with a switch for each of its mutants. */
  sources: Map<string, string>;
}

/** All mutants of StrykerJS in the files, which are absolute paths. */
export async function instrument(files: string[]): Promise<Instrumented> {
  const originals = await Promise.all(
    files.map(async (name) => ({ name, mutate: true, content: await readFile(name, 'utf8') })),
  );
  const instrumenter = new Instrumenter(silent);
  const result = await instrumenter.instrument(originals, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  return {
    mutants: result.mutants.map(({ id, fileName, location, mutatorName, replacement }) => ({
      id,
      file: fileName,
      line: location.start.line + 1,
      column: location.start.column + 1,
      name: mutatorName,
      replacement,
    })),
    sources: new Map(result.files.map(({ name, content }) => [name, content])),
  };
}

const nothing = () => undefined;
const never = () => false;
const silent = {
  isTraceEnabled: never,
  isDebugEnabled: never,
  isInfoEnabled: never,
  isWarnEnabled: never,
  isErrorEnabled: never,
  isFatalEnabled: never,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
