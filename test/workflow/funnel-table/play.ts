import type { RiskosEvent, UpdateName } from '../../../src/contract/index.ts';
import { compare, type Refused, type Sight } from './observe.ts';
import { eventOf, type Known, strangerOf } from './send.ts';
import type { EvaluatedStage, State } from './states.ts';
import { clockRows, eventRows, eventTypes, strangerRows, strangers, updateRows, wordOf } from './table.ts';
import type { Word } from './words.ts';

/** One column of the table: what comes of every message in one state. */
export type Column = Record<string, Word>;

/** A funnel that stands in a state, and what can be sent to it. */
export interface Subject {
  earlier: Known;
  /** The evaluation that is under way, or the last one. */
  current: Known;
  /** Once it does nothing. */
  look(): Promise<Sight>;
  /** The new status, or why it was refused. */
  update(name: UpdateName): Promise<Sight['status'] | Refused>;
  /** False where the run has ended, so that nobody takes them. */
  signal(events: RiskosEvent[]): Promise<boolean>;
  /** Temporal's own; false where the run has ended. Resolves when the funnel has closed. */
  cancel(): Promise<boolean>;
  /** RiskOS decides otherwise on an evaluation that is settled. */
  contradict(earlier: Known): Promise<void>;
}

/** Drives funnels into the states: on a real server, or by hand in virtual time. */
export interface Theatre {
  stand(state: State, stage: EvaluatedStage): Promise<Subject>;
  /** What the reminder and the deadline bring. */
  clock(state: State, stage: EvaluatedStage): Promise<{ reminder: Word; deadline: Word }>;
}

export function expectedColumn(state: State, stage: EvaluatedStage): Column {
  const rows = { ...updateRows, ...eventRows, ...strangerRows, ...clockRows };
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, wordOf(row[state], stage)] as const),
  );
}

/** Drives funnels into the state, and sends them everything. */
export async function observedColumn(theatre: Theatre, state: State, stage: EvaluatedStage): Promise<Column> {
  const parts = await Promise.all([
    observeTogether(theatre, state, stage),
    ...movingUpdates(state).map(async (name) => {
      const place = await stand(theatre, state, stage);
      return { [name]: await observeUpdate(place, name) };
    }),
    ...movingEvents(state).map(async (type) => {
      const place = await stand(theatre, state, stage);
      return { [type]: await observeEvents(place, [eventOf(type, place.subject.current)]) };
    }),
    observeCancel(theatre, state, stage),
    theatre.clock(state, stage),
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
  subject: Subject;
  /** As it was when last looked at; nothing has been sent since. */
  seen: Sight;
}

async function stand(theatre: Theatre, state: State, stage: EvaluatedStage): Promise<Place> {
  const subject = await theatre.stand(state, stage);
  return { subject, seen: await subject.look() };
}

/** All that leaves the state as it is, one after the other, on one funnel. */
async function observeTogether(theatre: Theatre, state: State, stage: EvaluatedStage): Promise<Column> {
  const place = await stand(theatre, state, stage);
  const { earlier, current } = place.subject;
  const column = await observeUpdates(place, state);
  const sent: RiskosEvent[] = [];
  const others = strangers.filter((stranger) => stranger !== 'duplicate');
  for (const type of eventTypes.filter((one) => !movingEvents(state).includes(one))) {
    const event = eventOf(type, current);
    column[type] = await observeEvents(place, [event]);
    sent.push(event);
  }
  for (const stranger of others) {
    if (stranger === 'contradicting') await place.subject.contradict(earlier);
    const event = strangerOf(stranger, earlier);
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
    refused.map(async (name) => [name, await place.subject.update(name)] as const),
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
  const answer = await place.subject.update(name);
  return compare(...(await lookAgain(place)), answer);
}

/** Before and after what has been sent meanwhile. */
async function lookAgain(place: Place): Promise<[before: Sight, after: Sight]> {
  const before = place.seen;
  place.seen = await place.subject.look();
  return [before, place.seen];
}

/** A refusal names the stage and what is possible there, or what RiskOS waits for instead. */
function checkRefusal(
  { status: { stage } }: Sight,
  name: UpdateName,
  answer: Sight['status'] | Refused,
): void {
  if (!('message' in answer)) return;
  const told =
    stage === 'closed'
      ? `the funnel is closed; ${name} is not possible any more`
      : `${name} is not possible at ${stage}; possible now: `;
  const waits = /RiskOS does not wait for [a-z ]+; it waits for [a-z ]+$/;
  if (!answer.message.includes(told) && !waits.test(answer.message)) throw new Error(answer.message);
}

async function observeEvents(place: Place, events: RiskosEvent[]): Promise<Word> {
  const taken = await place.subject.signal(events);
  const sights = await lookAgain(place);
  return taken ? compare(...sights, undefined) : 'gone';
}

async function observeCancel(theatre: Theatre, state: State, stage: EvaluatedStage): Promise<Column> {
  const { subject, seen } = await stand(theatre, state, stage);
  if (!(await subject.cancel())) return { cancel: 'gone' };
  const { status } = await subject.look();
  if (status.outcome !== 'withdrawn' && state !== 'closed')
    throw new Error(`it closed as ${status.outcome ?? 'nothing'}`);
  return { cancel: compare(seen, { ...seen, status }, undefined) };
}
