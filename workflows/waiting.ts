import { allHandlersFinished, condition, continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import type { ApplicationInput, Status } from '../src/contract/index.ts';
import { archiveImages, imagesDue } from './images.ts';
import type { Memory } from './memory.ts';
import { isShown, show } from './status.ts';

type Funnel = (application: ApplicationInput, carried: Memory) => Promise<Status>;

/**
 * Waits for `ready`. Every wait of the funnel is this one: it shows where the funnel stands, starts what is due beside it,
 * and continues as new when Temporal suggests it, so nothing that a wait depends on may live outside the memory.
 */
export async function waitUntil(memory: Memory, ready: () => boolean): Promise<void> {
  while (!ready()) {
    if (suggested()) {
      await handlersFinished(ready);
      if (ready()) return;
      await continueAsNew<Funnel>(memory.application, memory);
    }
    show(memory);
    await condition(() => ready() || suggested() || imagesDue(memory) || !isShown(memory));
    if (imagesDue(memory)) await archiveImages(memory);
  }
}

function suggested(): boolean {
  return workflowInfo().continueAsNewSuggested;
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
