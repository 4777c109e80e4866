import { randomUUID } from 'node:crypto';
import type { Funnel, FunnelStatus } from '../../../src/client/index.ts';
import type { RiskosEvent, UpdateInput, UpdateName } from '../../../src/contract/index.ts';
import type { State } from './states.ts';
import type { EventType, Stranger } from './table.ts';

/** A valid message of each update. */
export const messages: { [Name in UpdateName]: UpdateInput<Name> } = {
  requestDocuments: { diSessionToken: 'di-session-2' },
  requestReverification: { reason: 'first_day' },
  requestPayrollSetup: { candidate: { dateOfBirth: '1990-01-01', nationalId: '900-12-3456' } },
  // The emulator takes any six digits but these.
  submitOneTimeCode: { code: '000000' },
  resendOneTimeCode: {},
  provideInformation: { candidate: { dateOfBirth: '1990-01-01' } },
  review: { verdict: 'accept', by: 'reviewer-7', reason: 'same person' },
  readNow: {},
  correct: { candidate: { email: 'new@example.com' } },
  retry: {},
  withdraw: { reason: 'position filled' },
  complete: {},
};

const sends: Record<UpdateName, (funnel: Funnel) => Promise<FunnelStatus>> = {
  requestDocuments: (funnel) => funnel.requestDocuments(messages.requestDocuments),
  requestReverification: (funnel) => funnel.requestReverification(messages.requestReverification),
  requestPayrollSetup: (funnel) => funnel.requestPayrollSetup(messages.requestPayrollSetup),
  submitOneTimeCode: (funnel) => funnel.submitOneTimeCode(messages.submitOneTimeCode),
  resendOneTimeCode: (funnel) => funnel.resendOneTimeCode(messages.resendOneTimeCode),
  provideInformation: (funnel) => funnel.provideInformation(messages.provideInformation),
  review: (funnel) => funnel.review(messages.review),
  readNow: (funnel) => funnel.readNow(messages.readNow),
  correct: (funnel) => funnel.correct(messages.correct),
  retry: (funnel) => funnel.retry(messages.retry),
  withdraw: (funnel) => funnel.withdraw(messages.withdraw),
  complete: (funnel) => funnel.complete(messages.complete),
};

export function sendUpdate(funnel: Funnel, name: UpdateName): Promise<FunnelStatus> {
  return sends[name](funnel);
}

/** One evaluation of a funnel, as the emulator knows it. */
export interface Known {
  id: string;
  evalId: string;
}

/**
 * The evaluation that is under way in this state, or the last one, and an earlier one, of those that RiskOS knows, the oldest first. A
 * refused request does not count.
 */
export function placesOf(mine: Known[], state: State): { current: Known; earlier: Known } {
  const last = mine.at(-1);
  if (!last) throw new Error('RiskOS was never asked');
  const current = state === 'refused' ? { id: last.id.replace(/~1$/, '~2'), evalId: 'nobody' } : last;
  return { current, earlier: mine.findLast(({ id }) => id !== current.id) ?? current };
}

/** What RiskOS sends of that evaluation. */
export function eventOf(type: EventType, { id, evalId }: Known): RiskosEvent {
  return {
    eventId: randomUUID(),
    eventType: type === 'unknown' ? 'fraud_confirming' : type,
    evaluationId: id,
    evalId,
    ...(type === 'case_notes_added' ? { progress: 'document_front_uploaded' } : {}),
  };
}

/** Events that are not of the evaluation under way, nor of the last one. */
export function strangerOf(stranger: Exclude<Stranger, 'duplicate'>, earlier: Known): RiskosEvent {
  switch (stranger) {
    case 'earlier':
      return eventOf('evaluation_completed', earlier);
    case 'contradicting':
      return eventOf('decision_update', earlier);
    case 'foreign':
      return {
        ...eventOf('evaluation_completed', earlier),
        evaluationId: earlier.id.replace(/~[0-9a-f]{8}~/, '~00000000~'),
      };
  }
}
