import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { type FunnelState, searchAttributes } from '../src/contract/index.ts';
import { details } from './details.ts';
import { compose } from './notices.ts';
import { escalationOf, statusOf } from './status.ts';

/** Publishes the status: as a notice, as search attributes when they changed, and as the UI's current details. */
export function publish(state: FunnelState): void {
  const status = statusOf(state);
  compose(state, status);
  setCurrentDetails(details(status, state));
  const { stage, outcome, attempt, waitingFor, deadline, escalation } = status;
  const published = JSON.stringify([stage, outcome, attempt, waitingFor, deadline, escalation]);
  if (published === state.published) return;
  state.published = published;
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: stage },
    { key: searchAttributes.outcome, value: outcome },
    { key: searchAttributes.attempt, value: attempt },
    { key: searchAttributes.waitingFor, value: waitingFor },
    { key: searchAttributes.escalation, value: escalation },
    { key: searchAttributes.deadline, value: deadline === null ? null : new Date(deadline) },
  ]);
}

/** False if something came beside the story that people have to see: a timer, a result of images, a contradiction. */
export function isPublished(state: FunnelState): boolean {
  return state.notices.changes.length === 0 && state.notices.escalation === escalationOf(state);
}
