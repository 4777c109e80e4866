/**
 * Mutation tests: `npm run mutate [-- FILE…]`. Every mutant of StrykerJS in the files of `files.ts`, or in those given, is switched
 * on in turn inside each test that reaches it. The exit code is 1 when the tests notice less than 90 % of a file's mutants.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import {
  coverageFile,
  coverageSchema,
  killedFile,
  killedSchema,
  type Pass,
  passOf,
  passVariable,
} from './exchange.ts';
import { mutated } from './files.ts';
import { instrument } from './instrument.ts';
import { describeResults, resultsOf } from './report.ts';

const wanted = 0.9;
const say = (line: string) => process.stdout.write(`${line}\n`);
const { positionals } = parseArgs({ allowPositionals: true });
const paths = await Promise.all((positionals.length > 0 ? positionals : mutated).map(filesOf));
const { mutants, sources } = await instrument(paths.flat());
say(`${mutants.length} mutants in ${paths.flat().length} files`);

const failed = await runTests();
if (failed > 0) throw new Error(`${failed} tests fail without any mutant: npm run test:fast shows them`);
const coverage = coverageSchema.parse(await read(coverageFile));
await rm(killedFile, { force: true });
for (const pass of ['quick', 'slow'] as const) await runTests(pass, filesOfPass(pass));
const results = resultsOf(mutants, coverage, killedSchema.parse(await read(killedFile)));
say(describeResults(results));
const low = results.filter(({ killed, survived }) => killed < wanted * (killed + survived.length));
process.exitCode = low.length > 0 ? 1 : 0;

/** One run of the tests in these files, or of all, over the instrumented sources; the number of those that failed. */
async function runTests(pass?: Pass, files: string[] = []): Promise<number> {
  const env = pass ? { [passVariable]: pass } : {};
  const vitest = await startVitest(
    'test',
    files,
    { config: 'vitest.mutate.config.ts', watch: false, env, reporters: pass ? [{}] : ['default'] },
    { plugins: [{ name: 'mutants', enforce: 'pre', load: (id) => sources.get(id) }] },
  );
  const failing = vitest.state
    .getFiles()
    .flatMap(({ tasks }) => tasks)
    .filter(({ result }) => result?.state === 'fail');
  await vitest.close();
  return failing.length;
}

/** Those with a test that reaches a mutant. */
function filesOfPass(pass: Pass): string[] {
  const reaching = Object.keys(coverage.perTest).filter((test) => passOf(coverage, test) === pass);
  return [...new Set(reaching.flatMap((test) => coverage.tests[test]?.file ?? []))];
}

async function read(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}

async function filesOf(path: string): Promise<string[]> {
  if (!path.endsWith('/')) return [resolve(path)];
  const names = await readdir(path);
  return names.filter((name) => name.endsWith('.ts')).map((name) => resolve(path, name));
}
