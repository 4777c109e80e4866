import { expect } from 'vitest';
import { WorkflowNotFoundError } from '@temporalio/client';
import { FunnelError } from '../../../src/client/index.ts';
import { riskosEventSignal, type RiskosEvent } from '../../../src/contract/index.ts';
import { decideInRiskos } from '../../support/riskos.ts';
import type { World } from '../../support/world.ts';
import { clockSight, look } from './observe.ts';
import type { Subject, Theatre } from './play.ts';
import { hasPassed, reach, setOutFor } from './reach.ts';
import { placesOf, sendUpdate } from './send.ts';
import type { EvaluatedStage, State } from './states.ts';
import { clockRows } from './table.ts';
import type { Word } from './words.ts';

/** Funnels on the tests' Temporal server, with the emulator as RiskOS. */
export function onServer(world: World): Theatre {
  return {
    stand: (state, stage) => stand(world, state, stage),
    clock: (state, stage) => clock(world, state, stage),
  };
}

async function stand(world: World, state: State, stage: EvaluatedStage): Promise<Subject> {
  const funnel = await reach(world, state, stage);
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const mine = world.emulator
    .ledger()
    .evaluations.filter(({ id }) => id.startsWith(`${funnel.applicationId}~`))
    .map(({ id, eval_id }) => ({ id, evalId: eval_id }));
  return {
    ...placesOf(mine, state),
    look: () => look(funnel, handle),
    async update(name) {
      try {
        return await sendUpdate(funnel, name);
      } catch (error) {
        if (error instanceof FunnelError) return error;
        throw error;
      }
    },
    async signal(events) {
      const taken = await Promise.all(
        events.map((event) => reaches(handle.signal<[RiskosEvent]>(riskosEventSignal, event))),
      );
      return taken.every(Boolean);
    },
    async cancel() {
      if (!(await reaches(handle.cancel()))) return false;
      await funnel.result();
      return true;
    },
    contradict: ({ evalId }) => decideInRiskos(world, evalId, 'ACCEPT'),
  };
}

/** Whether the funnel's run was still there to take it. */
async function reaches(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Time passes: a funnel whose deadlines are seconds. */
async function clock(
  world: World,
  state: State,
  stage: EvaluatedStage,
): Promise<{ reminder: Word; deadline: Word }> {
  if (clockRows.deadline[state] === 'none') {
    const { deadline } = await (await reach(world, state, stage)).status();
    return { reminder: 'none', deadline: deadline === null ? 'none' : 'noted' };
  }
  const funnel = await setOutFor(world, state, stage);
  const lines = async () => (await funnel.timeline()).map(({ what }) => what);
  const passed = async () => hasPassed(state, (await funnel.status()).stage, await lines());
  await expect.poll(passed, { interval: 500 }).toBe(true);
  return clockSight(await lines(), (await funnel.status()).stage);
}
