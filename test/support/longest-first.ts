import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import seconds from './durations.json' with { type: 'json' };

const recorded = new Map<string, number>(Object.entries(seconds));

/** Starts the files that take longest first, so that no worker is left with a long one at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const secondsOf = ({ moduleId }: TestSpecification) =>
      recorded.get(relative(this.ctx.config.root, moduleId)) ?? 0;
    return files.toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}
