import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Client } from '@temporalio/client';
import { killProcess } from '../../test/support/processes.ts';
import { timeOf } from '../cost/history.ts';
import { reached } from '../recovery/measured.ts';
import type { Contender } from './contender.ts';

const script = fileURLToPath(new URL('bare-worker.ts', import.meta.url));

/** The bare workflow; `stop` kills its worker. */
export async function startBare(
  address: string,
  temporal: Client,
): Promise<Contender & { stop(): Promise<void> }> {
  const taskQueue = `bare-${randomUUID()}`;
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, FUNNEL_TASK_QUEUE: taskQueue },
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
  const eventsOf = async (id: string) => (await temporal.workflow.getHandle(id).fetchHistory()).events ?? [];
  const waits = async (id: string) =>
    (await temporal.workflow.getHandle(id).describe()).raw.pendingWorkflowTask == null &&
    (await eventsOf(id)).some((event) => event.activityTaskCompletedEventAttributes);

  return {
    name: 'bare',
    workerPid: child.pid,
    start: async (count) => {
      const ids = Array.from({ length: count }, () => `bare-${randomUUID()}`);
      await Promise.all(ids.map((workflowId) => temporal.workflow.start('bare', { workflowId, taskQueue })));
      for (const id of ids) await reached(`${id} waits`, () => waits(id));
      return ids;
    },
    finish: async (ids) => {
      await Promise.all(ids.map((id) => temporal.workflow.getHandle(id).signal('go')));
      await Promise.all(ids.map((id) => temporal.workflow.getHandle(id).result()));
    },
    latency: async (id) => {
      const events = await eventsOf(id);
      const signal = events.findLast((event) => event.workflowExecutionSignaledEventAttributes);
      const end = events.findLast((event) => event.workflowExecutionCompletedEventAttributes);
      if (!signal || !end) throw new Error(`${id} is not at its end`);
      return timeOf(end) - timeOf(signal);
    },
    stop: () => killProcess(child),
  };
}
