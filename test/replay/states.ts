/**
 * The states that recorded funnels passed on when they continued as new: `test/replay/states/{version}/`, one of each stage
 * that the histories have. Those of a released version are a promise, as the histories are.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const folder = fileURLToPath(new URL('states/', import.meta.url));

const carried = z.looseObject({ version: z.int(), position: z.looseObject({ stage: z.string() }) });
export type RecordedState = z.output<typeof carried>;

const recorded = z.object({
  history: z.object({
    events: z.array(
      z.object({
        workflowExecutionContinuedAsNewEventAttributes: z
          .object({
            workflowType: z.object({ name: z.string() }),
            input: z.object({ payloads: z.array(z.object({ data: z.string() })) }),
          })
          .optional(),
      }),
    ),
  }),
});

/** Every recorded state, by the name of its file. */
export function readStates(): { file: string; state: RecordedState }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, state: carried.parse(parseFile(join(folder, file))) }));
}

/** Takes the states out of the histories in a folder. */
export function recordStates(histories: string): void {
  const found = new Map<string, RecordedState>();
  for (const file of readdirSync(histories).toSorted()) {
    const { events } = recorded.parse(parseFile(join(histories, file))).history;
    const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    if (continued?.workflowType.name !== 'candidateFunnel') continue;
    const data = continued.input.payloads[1]?.data;
    if (data === undefined) throw new Error(`${file}: the run passed on no state`);
    const state = carried.parse(JSON.parse(Buffer.from(data, 'base64').toString()));
    found.set(join(String(state.version), `${state.position.stage}.json`), state);
  }
  if (found.size === 0) throw new Error(`${histories}: no funnel continued as new`);
  for (const version of new Set([...found.values()].map((state) => String(state.version)))) {
    rmSync(join(folder, version), { recursive: true, force: true });
    mkdirSync(join(folder, version), { recursive: true });
  }
  for (const [file, state] of found)
    writeFileSync(join(folder, file), `${JSON.stringify(state, undefined, 2)}\n`);
}

function parseFile(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
