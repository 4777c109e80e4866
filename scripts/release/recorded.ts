import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { restoreState } from '../../workflows/state.ts';

const recorded = z.object({
  workflowId: z.string(),
  history: z.looseObject({ events: z.array(z.looseObject({})) }),
});

/** The recorded histories of every release that the built workflows cannot replay. */
export async function historyFaults(root: string): Promise<string[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
  const folder = join(root, 'test/replay/histories');
  const files = await jsonFilesIn(folder);
  if (files.length === 0) return ['there are no recorded histories'];
  const faults: string[] = [];
  let file = '';
  async function* histories() {
    for (const name of files) {
      file = name;
      yield recorded.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
    }
  }
  for await (const { error } of Worker.runReplayHistories(
    { workflowBundle: { codePath: bundlePath } },
    histories(),
  )) {
    if (error) faults.push(`test/replay/histories/${file} does not replay: ${firstLine(error)}`);
  }
  return faults;
}

/** The recorded states of every release that today's code cannot read. */
export async function stateFaults(root: string): Promise<string[]> {
  const folder = join(root, 'test/replay/states');
  const files = await jsonFilesIn(folder);
  if (files.length === 0) return ['there are no recorded states'];
  const faults: string[] = [];
  for (const file of files) {
    try {
      restoreState(JSON.parse(await readFile(join(folder, file), 'utf8')));
    } catch (error) {
      faults.push(`test/replay/states/${file} cannot be read: ${firstLine(error)}`);
    }
  }
  return faults;
}

async function jsonFilesIn(folder: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true }).catch((): string[] => []);
  return all.filter((file) => file.endsWith('.json')).toSorted();
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? text).slice(0, 300);
}
