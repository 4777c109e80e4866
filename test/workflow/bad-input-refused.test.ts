import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Funnel } from '../../src/client/index.ts';
import { application, describeIssues, type UpdateName, updateNames } from '../../src/contract/index.ts';
import { createWorld, type World } from '../support/world.ts';
import { badApplications, badMessages, canary, reasonFor } from './bad-input/messages.ts';
import { look } from './funnel-table/observe.ts';
import { scenarios } from './funnel-table/plays.ts';
import { reach } from './funnel-table/reach.ts';
import type { State } from './funnel-table/states.ts';

/** Where each update is possible, so that nothing but its content can be wrong. */
const possibleAt: Record<UpdateName, State> = {
  requestDocuments: 'awaiting',
  requestReverification: 'verified',
  requestPayrollSetup: 'verified',
  complete: 'verified',
  submitOneTimeCode: 'code',
  resendOneTimeCode: 'code',
  provideInformation: 'information',
  review: 'review',
  readNow: 'capture',
  correct: 'refused',
  retry: 'refused',
  withdraw: 'capture',
};

describe('the workflow refuses', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ scenarios, acceptForeignBaselines: true });
    await world.startWorker();
  });
  afterAll(() => world.close());

  const handleOf = (funnel: Funnel) => world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);

  describe.concurrent('an update from any Temporal client, which leaves no trace:', () => {
    test.for(updateNames)('%s', async (name, { expect }) => {
      const funnel = await reach(world, possibleAt[name], 'passive_check');
      const handle = handleOf(funnel);
      const before = await look(funnel, handle);
      const messages = fc.sample(badMessages(name), 12);
      const refusals = await Promise.all(
        messages.map((message) =>
          handle
            .executeUpdate<unknown, [unknown]>(name, { args: [message] })
            .catch((error: unknown) => error),
        ),
      );
      for (const [index, refusal] of refusals.entries()) {
        expect(refusal).toMatchObject({
          cause: { type: 'InvalidMessage', message: reasonFor(name, messages[index]) },
        });
        expect(JSON.stringify(refusal)).not.toContain(canary);
      }
      expect(await look(funnel, handle)).toEqual(before);
    });
  });

  test('a start argument, by failing at once with the field', async ({ expect }) => {
    const inputs = [null, [], 'text', ...fc.sample(badApplications, 25)];
    const refusals = await Promise.all(
      inputs.map(async (input) => {
        const workflowId = `funnel-bad-${randomBytes(6).toString('hex')}`;
        const { taskQueue } = world;
        await world.temporal.workflow.start('candidateFunnel', { taskQueue, workflowId, args: [input] });
        return world.temporal.workflow.result(workflowId).catch((error: unknown) => error);
      }),
    );
    for (const [index, refusal] of refusals.entries()) {
      const { error } = application.safeParse(inputs[index]);
      expect(refusal).toMatchObject({
        cause: { type: 'InvalidApplication', message: error ? describeIssues(error) : 'accepted' },
      });
      expect(JSON.stringify(refusal)).not.toContain(canary);
    }
    expect(world.emulator.ledger().evaluations.filter(({ id }) => id.startsWith('bad-'))).toEqual([]);
  });
});
