import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { searchAttributes, workflowIdOf, workflowType } from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createDenying } from '../support/denying.ts';

const taskQueue = 'polled-by-nobody';
/** Milliseconds. */
const deadline = 60_000;

/** A funnel that has closed, and whose workflow still runs. `seen` is called with each method that the client calls. */
async function closing(seen: (method: string) => void, denied?: string) {
  const application = exampleApplication(`closing-${randomBytes(4).toString('hex')}`);
  const workflowId = workflowIdOf(application.applicationId);
  const direct = temporalClient(inject('temporalAddress'));
  onTestFinished(() => direct.connection.close());
  const handle = await direct.workflow.start(workflowType, {
    taskQueue,
    workflowId,
    typedSearchAttributes: [{ key: searchAttributes.stage, value: 'closed' }],
  });
  const deadlineExceeded = 4;
  const gateway = await createDenying(
    inject('temporalAddress'),
    (method) => {
      seen(method);
      return method === denied;
    },
    deadlineExceeded,
  );
  onTestFinished(() => gateway.close());
  const { connection } = temporalClient(gateway.address);
  const funnels: FunnelClient = createFunnelClient({
    temporal: new Client({ connection }),
    taskQueue,
    deadline,
  });
  onTestFinished(() => funnels.close());
  return { application, funnels, end: () => handle.terminate() };
}

test('a funnel that closes for longer than a call may take is waited for, and then started again', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  let end: () => Promise<unknown> = () => Promise.resolve();
  const closed = await closing((method) => {
    // The first answer uses up the time of the call; the funnel ends while the start waits for it.
    if (method === 'DescribeWorkflowExecution') vi.setSystemTime(Date.now() + deadline + 1);
    if (method === 'GetWorkflowExecutionHistory') void end();
  });
  end = closed.end;
  const { applicationId } = closed.application;
  await expect(closed.funnels.startFunnel(closed.application, { again: true })).resolves.toMatchObject({
    applicationId,
  });
  await expect(closed.funnels.funnel(applicationId).status()).resolves.toMatchObject({ stage: 'starting' });
});

test('one that has not ended by then is refused as still closing, not as a wrong address', async () => {
  const { application, funnels } = await closing(() => undefined, 'GetWorkflowExecutionHistory');
  await expect(funnels.startFunnel(application, { again: true })).rejects.toMatchObject({
    type: 'AlreadyOpen',
    message: expect.stringMatching(/has closed, and is still waiting .*; start it again in a minute$/),
  });
});
