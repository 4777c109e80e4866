import { allHandlersFinished, condition, continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import type { ApplicationInput, Status } from '../src/contract/index.ts';
import { now } from './clock.ts';
import type { Memory } from './memory.ts';
import { escalationOf, show } from './status.ts';

type Funnel = (application: ApplicationInput, carried: Memory) => Promise<Status>;

/**
 * Waits for `ready`, at most until `until` (milliseconds since 1970; `null`: for ever), and says whether it came.
 * Every wait of the funnel is this one: it shows where the funnel stands, and continues as new when Temporal
 * suggests it, so nothing that a wait depends on may live outside the memory.
 */
export async function waitUntil(
  memory: Memory,
  ready: () => boolean,
  until: number | null,
  summary: string,
): Promise<boolean> {
  for (;;) {
    if (ready()) return true;
    if (until !== null && until <= now()) return false;
    if (workflowInfo().continueAsNewSuggested) {
      await handlersFinished(ready);
      if (ready()) return true;
      await continueAsNew<Funnel>(memory.application, memory);
    }
    show(memory);
    const woken = () => ready() || workflowInfo().continueAsNewSuggested;
    const { changesAt } = escalationOf(memory);
    if (changesAt !== null && (until === null || changesAt < until)) {
      await condition(woken, Math.max(1, changesAt - now()), { summary: 'HR is reminded of the deadline' });
    } else if (until === null) await condition(woken);
    else await condition(woken, Math.max(1, until - now()), { summary });
  }
}

/**
 * Before a run ends, by whatever end: lets every update be answered, or `enough` come true. The answer must be in history
 * before the end is asked for: if the server refuses the end because something new has come, it fails the updates that
 * were accepted or answered in the same task.
 */
export async function handlersFinished(enough: () => boolean = () => false): Promise<void> {
  while (!allHandlersFinished()) {
    await condition(() => allHandlersFinished() || enough());
    if (enough()) return;
    await sleep(1, { summary: 'the answer of an update is recorded first' });
  }
}
