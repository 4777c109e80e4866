import { randomUUID } from 'node:crypto';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { FunnelError, type Funnel, type FunnelStatus } from '../../../src/client/index.ts';
import { riskosEventSignal, type RiskosEvent, type UpdateName } from '../../../src/contract/index.ts';
import type { EventType, Stranger } from './table.ts';

/** A valid message of each update. */
const updatesToSend: Record<UpdateName, (funnel: Funnel) => Promise<FunnelStatus>> = {
  requestDocuments: (funnel) => funnel.requestDocuments({ diSessionToken: 'di-session-2' }),
  requestReverification: (funnel) => funnel.requestReverification({ reason: 'first_day' }),
  requestPayrollSetup: (funnel) =>
    funnel.requestPayrollSetup({ candidate: { dateOfBirth: '1990-01-01', nationalId: '900-12-3456' } }),
  // The emulator takes any six digits but these.
  submitOneTimeCode: (funnel) => funnel.submitOneTimeCode({ code: '000000' }),
  resendOneTimeCode: (funnel) => funnel.resendOneTimeCode(),
  provideInformation: (funnel) => funnel.provideInformation({ candidate: { dateOfBirth: '1990-01-01' } }),
  review: (funnel) => funnel.review({ verdict: 'accept', by: 'reviewer-7', reason: 'same person' }),
  readNow: (funnel) => funnel.readNow(),
  correct: (funnel) => funnel.correct({ candidate: { email: 'new@example.com' } }),
  retry: (funnel) => funnel.retry(),
  withdraw: (funnel) => funnel.withdraw({ reason: 'position filled' }),
  complete: (funnel) => funnel.complete(),
};

/** The new status, or why it was refused. */
export async function sendUpdate(funnel: Funnel, name: UpdateName): Promise<FunnelStatus | FunnelError> {
  try {
    return await updatesToSend[name](funnel);
  } catch (error) {
    if (error instanceof FunnelError) return error;
    throw error;
  }
}

/** One evaluation of a funnel, as the emulator knows it. */
export interface Known {
  id: string;
  evalId: string;
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

/** Whether the funnel's run was still there to take it. */
export async function reaches(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

export function signal(handle: WorkflowHandle, event: RiskosEvent): Promise<void> {
  return handle.signal<[RiskosEvent]>(riskosEventSignal, event);
}
