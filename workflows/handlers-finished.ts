import { allHandlersFinished, condition, sleep } from '@temporalio/workflow';

/**
 * Before a run ends, by whatever end: lets every update be answered, or `enough` come true. The answer must be in history
 * before the end is asked for: if the server refuses the end because something new has come, it fails the updates that
 * were accepted or answered in the same task.
 */
export async function handlersFinished(enough: () => boolean = () => false): Promise<void> {
  while (!allHandlersFinished()) {
    await condition(() => allHandlersFinished() || enough());
    if (enough()) return;
    await sleep(1, { summary: 'an update is answered first' });
  }
}
