import { allHandlersFinished, condition, sleep } from '@temporalio/workflow';

/**
 * Before a run closes or continues as new, waits until every update is answered or `enough()` is true. The answers must be in
 * history first: if the server refuses the end because of a new event, it fails the updates that were accepted or answered in
 * the same task.
 */
export async function handlersFinished(enough: () => boolean = () => false): Promise<void> {
  while (!allHandlersFinished()) {
    await condition(() => allHandlersFinished() || enough());
    if (enough()) return;
    await sleep(1, { summary: 'lets updates finish before the run ends' });
  }
}
