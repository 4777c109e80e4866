import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { branches } from './branches.ts';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import '../support/runtime.ts';

const folder = fileURLToPath(new URL('histories/', import.meta.url));
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

const recorded = z.object({
  workflowId: z.string(),
  history: z.looseObject({ events: z.array(z.looseObject({})) }),
});
const read = (file: string) => recorded.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')));

let next: z.output<typeof recorded>;
async function* given() {
  for (;;) yield next;
}
/** One worker for all: making one costs more than most replays. It takes a history when a result is asked for. */
const results = Worker.runReplayHistories({ workflowBundle: { codePath: bundlePath } }, given());
afterAll(() => results.return?.(undefined));

async function replay(history: z.output<typeof recorded>): Promise<void> {
  next = history;
  const { value } = await results.next();
  if (value?.error) throw value.error;
}

describe('recorded histories replay with the code of today', () => {
  test.each(files)('%s', async (file) => {
    await expect(replay(read(file))).resolves.toBeUndefined();
  });

  test('there is one of each scenario and branch, of images kept, of notices, of a funnel that continued as new', () => {
    const all = files.join('\n');
    for (const name of [...scenarios.map((scenario) => scenario.name), ...Object.keys(branches)]) {
      expect(all).toContain(`/funnel-${name}-recorded.1.json`);
    }
    expect(all).toMatch(/images-/);
    expect(all).toMatch(/continued-funnel-accept-recorded\.2\.json/);
    expect(all).toMatch(/told-funnel-reverified-recorded\.1\.json/);
  });

  test('and the replay can fail: a history whose steps are other ones is refused', async () => {
    const file = files.find((name) => name.includes('funnel-accept-recorded.1')) ?? '';
    const { workflowId, history } = read(file);
    const changed = JSON.stringify(history).replaceAll('createEvaluation', 'somethingElse');
    const other = z.looseObject({ events: z.array(z.looseObject({})) }).parse(JSON.parse(changed));
    await expect(replay({ workflowId, history: other })).rejects.toThrow(/TMPRL1100|[Nn]ondeterminism/);
  });
});
