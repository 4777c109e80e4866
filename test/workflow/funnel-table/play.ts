import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { type Funnel, FunnelError, type FunnelStatus } from '../../../src/client/index.ts';
import type { RiskosEvent, UpdateName } from '../../../src/contract/index.ts';
import { decideInRiskos } from '../../support/riskos.ts';
import type { World } from '../../support/world.ts';
import { compare, look, type Sight } from './observe.ts';
import { reach, setOutFor } from './reach.ts';
import { eventOf, type Known, reaches, sendUpdate, signal, strangerOf } from './send.ts';
import { type EvaluatedStage, isWait, type State } from './states.ts';
import { clockRows, eventRows, eventTypes, strangerRows, strangers, updateRows, wordOf } from './table.ts';
import { to, type Word } from './words.ts';

/** One column of the table: what comes of every message in one state. */
export type Column = Record<string, Word>;

export function expectedColumn(state: State, stage: EvaluatedStage): Column {
  const rows = { ...updateRows, ...eventRows, ...strangerRows, ...clockRows };
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, wordOf(row[state], stage)] as const),
  );
}

/** Drives real funnels into the state, and sends them everything. */
export async function observedColumn(world: World, state: State, stage: EvaluatedStage): Promise<Column> {
  const parts = await Promise.all([
    observeTogether(world, state, stage),
    ...movingUpdates(state).map(async (name) => {
      const place = await stand(world, state, stage);
      return { [name]: await observeUpdate(place, name) };
    }),
    ...movingEvents(state).map(async (type) => {
      const place = await stand(world, state, stage);
      return { [type]: await observeEvents(place, [eventOf(type, place.current)]) };
    }),
    observeCancel(world, state, stage),
    observeClock(world, state, stage),
  ]);
  return Object.assign({}, ...parts);
}

/** Those that take a funnel out of its state have one of their own; the expectation decides no more than that. */
function moves(state: State, word: Word): boolean {
  return word.startsWith('→') || word === 'back' || (state === 'asked' && word === 'read');
}

const updateNames = Object.keys(updateRows).flatMap((name) => (isUpdate(name) ? [name] : []));
const movingUpdates = (state: State) =>
  updateNames.filter((name) => moves(state, wordOf(updateRows[name][state], 'passive_check')));
const movingEvents = (state: State) =>
  eventTypes.filter((type) => moves(state, wordOf(eventRows[type][state], 'passive_check')));

function isUpdate(name: string): name is UpdateName {
  return Object.hasOwn(updateRows, name);
}

interface Place {
  funnel: Funnel;
  handle: WorkflowHandle;
  earlier: Known;
  /** The evaluation that is under way, or the last one. */
  current: Known;
  /** As it was when last looked at; nothing has been sent since. */
  seen: Sight;
}

async function stand(world: World, state: State, stage: EvaluatedStage): Promise<Place> {
  const funnel = await reach(world, state, stage);
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const mine = world.emulator
    .ledger()
    .evaluations.filter(({ id }) => id.startsWith(`${funnel.applicationId}~`))
    .map(({ id, eval_id }) => ({ id, evalId: eval_id }));
  const last = mine.at(-1);
  if (!last) throw new Error('RiskOS was never asked');
  // A request that was refused is none that RiskOS knows.
  const refused = { id: last.id.replace(/~1$/, '~2'), evalId: 'nobody' };
  const current = state === 'refused' ? refused : last;
  const earlier = mine.findLast(({ id }) => id !== current.id) ?? current;
  return { funnel, handle, earlier, current, seen: await look(funnel, handle) };
}

/** All that leaves the state as it is, one after the other, on one funnel. */
async function observeTogether(world: World, state: State, stage: EvaluatedStage): Promise<Column> {
  const place = await stand(world, state, stage);
  const column = await observeUpdates(place, state);
  const sent: RiskosEvent[] = [];
  const others = strangers.filter((stranger) => stranger !== 'duplicate');
  for (const type of eventTypes.filter((one) => !movingEvents(state).includes(one))) {
    const event = eventOf(type, place.current);
    column[type] = await observeEvents(place, [event]);
    sent.push(event);
  }
  for (const stranger of others) {
    if (stranger === 'contradicting') await decideInRiskos(world, place.earlier.evalId, 'ACCEPT');
    const event = strangerOf(stranger, place.earlier);
    column[stranger] = await observeEvents(place, [event]);
    sent.push(event);
  }
  return { ...column, duplicate: await observeEvents(place, sent) };
}

/** Those that are to be refused are sent together: afterwards nothing at all may have changed. */
async function observeUpdates(place: Place, state: State): Promise<Column> {
  const column: Column = {};
  const staying = updateNames.filter((one) => !movingUpdates(state).includes(one));
  const refused = staying.filter((name) => updateRows[name][state] === 'WrongStage');
  const answers = await Promise.all(
    refused.map(async (name) => [name, await sendUpdate(place.funnel, name)] as const),
  );
  const [before, after] = await lookAgain(place);
  for (const [name, answer] of answers) {
    checkRefusal(before, name, answer);
    column[name] = compare(before, after, answer);
  }
  for (const name of staying.filter((one) => !refused.includes(one))) {
    column[name] = await observeUpdate(place, name);
  }
  return column;
}

async function observeUpdate(place: Place, name: UpdateName): Promise<Word> {
  const answer = await sendUpdate(place.funnel, name);
  return compare(...(await lookAgain(place)), answer);
}

/** Before and after what has been sent meanwhile. */
async function lookAgain(place: Place): Promise<[before: Sight, after: Sight]> {
  const before = place.seen;
  place.seen = await look(place.funnel, place.handle);
  return [before, place.seen];
}

/** A refusal names the stage and what is possible there, or what RiskOS waits for instead. */
function checkRefusal(
  { status: { stage } }: Sight,
  name: UpdateName,
  answer: FunnelStatus | FunnelError,
): void {
  if (!(answer instanceof FunnelError)) return;
  const told =
    stage === 'closed'
      ? `the funnel is closed; ${name} is not possible any more`
      : `${name} is not possible at ${stage}; possible now: `;
  const waits = /RiskOS does not wait for [a-z ]+; it waits for [a-z ]+$/;
  if (!answer.message.includes(told) && !waits.test(answer.message)) throw answer;
}

async function observeEvents(place: Place, events: RiskosEvent[]): Promise<Word> {
  const taken = await Promise.all(events.map((event) => reaches(signal(place.handle, event))));
  const sights = await lookAgain(place);
  return taken.every(Boolean) ? compare(...sights, undefined) : 'gone';
}

async function observeCancel(world: World, state: State, stage: EvaluatedStage): Promise<Column> {
  const { funnel, handle, seen } = await stand(world, state, stage);
  if (!(await reaches(handle.cancel()))) return { cancel: 'gone' };
  await funnel.result();
  const after = await funnel.status();
  if (after.outcome !== 'withdrawn' && state !== 'closed') throw new Error(`it closed as ${after.outcome}`);
  return { cancel: compare(seen, { ...seen, status: after }, undefined) };
}

/** Time passes: a funnel whose deadlines are seconds. */
async function observeClock(world: World, state: State, stage: EvaluatedStage): Promise<Column> {
  if (clockRows.deadline[state] === 'none') {
    const { deadline } = await (await reach(world, state, stage)).status();
    return { reminder: 'none', deadline: deadline === null ? 'none' : 'noted' };
  }
  const funnel = await setOutFor(world, state, stage, {
    documents: { start: 'immediately', deadline: '4s' },
    review: { deadline: '4s' },
    reverification: { deadline: '4s', ...(state === 'verified' ? { every: '4s' } : {}) },
  });
  const lines = async () => (await funnel.timeline()).map(({ what }) => what);
  const passed = async () =>
    (await lines()).some((line) => /: deadline passed$|^overdue since|^stopped for attention/.test(line)) ||
    (!isWait(state) && (await funnel.status()).stage === 'selfie_reverification');
  await expect.poll(passed, { interval: 500 }).toBe(true);
  const reminder = (await lines()).some((line) => line.startsWith('reminder: '));
  const overdue = (await lines()).some((line) => line.startsWith('overdue since'));
  const { stage: after } = await funnel.status();
  return {
    reminder: reminder ? 'reminder' : 'none',
    deadline: overdue && after === 'review' ? 'overdue' : to(after),
  };
}
