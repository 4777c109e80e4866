/** What every workflow that waits for an outcome costs at least: an activity, a signal, an activity. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

const { before, after } = proxyActivities<{ before(): Promise<string>; after(): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});

export async function bare(): Promise<void> {
  let isSignalled = false;
  setHandler(defineSignal('go'), () => {
    isSignalled = true;
  });
  await before();
  await condition(() => isSignalled);
  await after();
}
