import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { apiKey } from '../../test/support/constants.ts';
import { killProcess } from '../../test/support/processes.ts';
import { timeOf } from '../cost/history.ts';
import { reached } from '../recovery/measured.ts';
import type { Place } from '../recovery/place.ts';
import type { Contender } from './contender.ts';

const script = fileURLToPath(new URL('bare-worker.ts', import.meta.url));

/** The bare workflow, over the emulator and the relay of the funnels; `stop` kills its worker. */
export async function startBare(
  address: string,
  place: Place,
  { images = false }: { images?: boolean } = {},
): Promise<Contender & { stop(): Promise<void> }> {
  const { temporal, emulator, gateway } = place;
  const taskQueue = `bare-${randomUUID()}`;
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      FUNNEL_TASK_QUEUE: taskQueue,
      RISKOS_BASE_URL: gateway.url,
      RISKOS_API_KEY: apiKey,
      ARCHIVE_FOLDER: place.archiveFolder,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [line] = await Promise.race([
    once(child.stderr, 'data'),
    once(child, 'exit').then(() => ['it ended early']),
  ]);
  if (!String(line).includes('worker runs')) {
    await killProcess(child);
    throw new Error(`the bare worker does not run: ${String(line)}`);
  }
  // What it writes later must not fill the pipe.
  child.stderr.resume();
  const handleOf = (id: string) => temporal.workflow.getHandle(`funnel-${id}`);
  const eventsOf = async (id: string) => (await handleOf(id).fetchHistory()).events ?? [];
  const waits = async (id: string) =>
    (await handleOf(id).describe()).raw.pendingWorkflowTask == null &&
    (await eventsOf(id)).some((event) => event.activityTaskCompletedEventAttributes);
  // The relay finds the workflow by the evaluation's id.
  const evaluationIdOf = (id: string) => `${id}~0a1b2c3d~document_verification~1`;

  return {
    name: images ? 'bare with images' : 'bare',
    workerPid: child.pid,
    start: async (count) => {
      const ids = Array.from({ length: count }, () => `bare-${randomUUID()}`);
      await Promise.all(
        ids.map((id) =>
          temporal.workflow.start(images ? 'bareWithImages' : 'bare', {
            workflowId: `funnel-${id}`,
            taskQueue,
            args: [evaluationIdOf(id)],
          }),
        ),
      );
      for (const id of ids) await reached(`${id} waits`, () => waits(id));
      return ids;
    },
    finish: async (ids) => {
      const wanted = new Set(ids.map(evaluationIdOf));
      const mine = emulator.ledger().evaluations.filter(({ id }) => wanted.has(id));
      await Promise.all(mine.map(({ eval_id }) => place.complete(eval_id)));
      await Promise.all(ids.map((id) => handleOf(id).result()));
    },
    latency: async (id) => {
      const events = await eventsOf(id);
      const end = events.findLast((event) => event.workflowExecutionCompletedEventAttributes);
      const signal = events.findLast((event) => event.workflowExecutionSignaledEventAttributes);
      if (!signal || !end) throw new Error(`${id} is not at its end`);
      return timeOf(end) - timeOf(signal);
    },
    stop: () => killProcess(child),
  };
}
