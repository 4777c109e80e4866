import type { UpdateName } from '../../../src/contract/index.ts';
import type { EvaluatedStage, State } from './states.ts';
import type { Word } from './words.ts';

/** What comes of one message in one state; by stage where the evaluated stages differ. */
export type Cell = Word | Record<EvaluatedStage, Word>;
export type Row = Record<State, Cell>;

/** The same in every state, but for those that are named. */
function all(word: Cell, but: Partial<Row> = {}): Row {
  return {
    asked: word,
    works: word,
    capture: word,
    code: word,
    information: word,
    hosted: word,
    awaiting: word,
    review: word,
    verified: word,
    refused: word,
    unclear: word,
    closed: word,
    ...but,
  };
}

const refusedBut = (but: Partial<Row>): Row => all('WrongStage', but);

/** Every update of the contract. */
export const updateRows: Record<UpdateName, Row> = {
  requestDocuments: refusedBut({ awaiting: '→ document_verification' }),
  requestReverification: refusedBut({ verified: '→ selfie_reverification' }),
  requestPayrollSetup: refusedBut({ verified: '→ payroll_setup' }),
  submitOneTimeCode: refusedBut({ code: 'sent' }),
  resendOneTimeCode: refusedBut({ code: 'sent' }),
  provideInformation: refusedBut({ information: 'sent' }),
  review: refusedBut({ review: '→ verified' }),
  readNow: all('read', {
    awaiting: 'WrongStage',
    verified: 'WrongStage',
    closed: 'WrongStage',
    refused: 'back',
    unclear: 'back',
  }),
  correct: refusedBut({ refused: 'back', unclear: 'back' }),
  retry: refusedBut({ refused: 'back', unclear: 'back' }),
  withdraw: all('→ closed', { closed: 'WrongStage' }),
  complete: refusedBut({ verified: '→ closed' }),
};

/** Types that can mean a new state of the evaluation that is under way or in review. */
const telling = all('read', {
  awaiting: 'noted',
  verified: 'noted',
  refused: 'noted',
  unclear: 'back',
  closed: 'gone',
});
/** Of no meaning, except that any event tells what became of a request that was never answered. */
const progress = all('noted', { asked: 'read', unclear: 'back', closed: 'gone' });
const forPeople = all('noted', { closed: 'gone' });

/** RiskOS's types of events, each of the evaluation under way, or of the last one where none is. */
export const eventTypes = [
  'evaluation_completed',
  'evaluation_paused',
  'decision_update',
  'reevaluation',
  'workflow_execution_failed',
  'case_notes_added',
  'unknown',
] as const;
export type EventType = (typeof eventTypes)[number];

export const eventRows: Record<EventType, Row> = {
  evaluation_completed: telling,
  evaluation_paused: telling,
  decision_update: telling,
  reevaluation: telling,
  workflow_execution_failed: telling,
  case_notes_added: progress,
  unknown: progress,
};

/** Events by what they are about. */
export const strangers = ['earlier', 'contradicting', 'foreign', 'duplicate'] as const;
export type Stranger = (typeof strangers)[number];

export const strangerRows: Record<Stranger, Row> = {
  earlier: forPeople,
  contradicting: all('conflict', { closed: 'gone' }),
  foreign: all('ignored', { closed: 'gone' }),
  duplicate: all('ignored', { closed: 'gone' }),
};

export type Clock = 'reminder' | 'deadline' | 'cancel';

const afterDeadline: Record<EvaluatedStage, Word> = {
  passive_check: '→ closed',
  document_verification: '→ closed',
  selfie_reverification: '→ verified',
  payroll_setup: '→ verified',
};

export const clockRows: Record<Clock, Row> = {
  reminder: all('none', {
    capture: 'reminder',
    code: 'reminder',
    information: 'reminder',
    hosted: 'reminder',
    review: 'reminder',
  }),
  deadline: all('none', {
    works: '→ needs_attention',
    capture: afterDeadline,
    code: afterDeadline,
    information: afterDeadline,
    hosted: afterDeadline,
    review: 'overdue',
    verified: '→ selfie_reverification',
  }),
  cancel: all('→ closed', { closed: 'ignored' }),
};

export function wordOf(cell: Cell, stage: EvaluatedStage): Word {
  return typeof cell === 'string' ? cell : cell[stage];
}
