import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type RunnerTestCase, TestRunner } from 'vitest';
import {
  type Coverage,
  coverageFile,
  coverageSchema,
  killedFile,
  killedSchema,
  passOf,
  passVariable,
} from './exchange.ts';

/** What the instrumented code reads and writes. */
interface Switches {
  activeMutant?: string;
  currentTestId?: string;
  mutantCoverage?: Pick<Coverage, 'static' | 'perTest'>;
  /** How often the place of the active mutant was reached, and how often it may be. */
  hitCount?: number;
  hitLimit?: number;
}

const switches: Switches = {};
Reflect.set(globalThis, '__stryker__', switches);
const pass = process.env[passVariable];

/**
 * Without a pass: runs every test once, and writes which mutants it reaches. In a pass: runs every test once for each mutant that
 * it reaches and that no test before it has noticed, with that mutant switched on.
 */
export default class MutationRunner extends TestRunner {
  readonly #coverage: Coverage = pass
    ? coverageSchema.parse(read(coverageFile))
    : { static: {}, perTest: {}, tests: {} };
  readonly #killed = pass && existsSync(killedFile) ? killedSchema.parse(read(killedFile)) : {};
  /** The mutants of the test that is running, and how often it reaches each of them. */
  #turns: [mutant: string, hits: number][] = [];

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    await super.onBeforeRunTask(test);
    if (!pass || test.mode === 'skip' || test.mode === 'todo') return;
    const isOfPass = passOf(this.#coverage, test.id) === pass;
    const reached = Object.entries(this.#coverage.perTest[test.id] ?? {});
    this.#turns = isOfPass ? reached.filter(([id]) => !this.#killed[id]) : [];
    if (this.#turns.length === 0) test.mode = 'skip';
    test.repeats = this.#turns.length - 1;
  }

  override onBeforeTryTask(test: RunnerTestCase, { repeats } = { repeats: 0 }): void {
    super.onBeforeTryTask(test);
    const [mutant, hits = 0] = this.#turns[repeats] ?? [];
    if (mutant === undefined) {
      switches.currentTestId = test.id;
      return;
    }
    switches.activeMutant = mutant;
    switches.hitCount = 0;
    // A loop that the mutant makes endless passes its place again and again.
    switches.hitLimit = hits * 100;
  }

  onAfterRetryTask(test: RunnerTestCase, { repeats }: { repeats: number }): void {
    delete switches.currentTestId;
    delete switches.activeMutant;
    delete switches.hitCount;
    const [mutant] = this.#turns[repeats] ?? [];
    if (mutant === undefined || test.result?.state !== 'fail') return;
    this.#killed[mutant] = test.name;
    // The next mutant begins with a clean result.
    test.result.state = 'run';
    test.result.errors = [];
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    super.onAfterRunTask(test);
    if (pass) return;
    const { filepath } = test.file;
    this.#coverage.tests[test.id] = { file: filepath, milliseconds: test.result?.duration ?? 0 };
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    if (pass) write(killedFile, this.#killed);
    else write(coverageFile, { ...this.#coverage, ...switches.mutantCoverage });
  }
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function write(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}
