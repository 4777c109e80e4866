import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createFunnelClient, temporalClient } from '../../src/client/index.ts';
import { workflowIdOf } from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createDenying } from '../support/denying.ts';
import { killProcess, spawnCommand } from '../support/processes.ts';

/** gRPC's DEADLINE_EXCEEDED, which the SDK does not retry. */
const noAnswer = 4;

test('watch says once that Temporal does not answer any more, and goes on when it does', async () => {
  const temporal = temporalClient(inject('temporalAddress'));
  onTestFinished(() => temporal.connection.close());
  const applicationId = `watched-${randomBytes(4).toString('hex')}`;
  const funnels = createFunnelClient({ temporal, taskQueue: 'polled-by-nobody' });
  await funnels.startFunnel(exampleApplication(applicationId));
  let isOut = false;
  const gateway = await createDenying(inject('temporalAddress'), () => isOut, noAnswer);
  onTestFinished(() => gateway.close());

  const watching = spawnCommand(['watch', applicationId, '--json'], { TEMPORAL_ADDRESS: gateway.address });
  onTestFinished(() => killProcess(watching));
  if (!watching.stdout || !watching.stderr) throw new Error('the command has no output');
  const said = text(watching.stderr);
  const lines = createInterface(watching.stdout)[Symbol.asyncIterator]();
  expect(JSON.parse(String((await lines.next()).value))).toMatchObject({ stage: 'starting' });
  isOut = true;
  await expect.poll(() => gateway.denied.length, { timeout: 60_000 }).toBeGreaterThan(2);
  isOut = false;
  await temporal.workflow.getHandle(workflowIdOf(applicationId)).terminate();
  expect(JSON.parse(String((await lines.next()).value))).toMatchObject({ ended: { how: 'terminated' } });
  if (watching.exitCode === null) await once(watching, 'close');
  expect(watching.exitCode).toBe(0);
  expect(await said).toBe(
    `candidate-funnel: ${applicationId}: no answer from Temporal at ${gateway.address}; still asking\n`,
  );
});
