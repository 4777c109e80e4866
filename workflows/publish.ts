import {
  CancellationScope,
  condition,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type FunnelState,
  memoFields,
  memoOf,
  publishedFields,
  searchAttributes,
  type Status,
} from '../src/contract/index.ts';
import { details } from './details.ts';
import { compose } from './notices.ts';
import { escalationOf, statusOf } from './status.ts';

/** Publishes the status: as a notice, in the memo and the search attributes where they changed, and as the UI's current details. */
export function publish(state: FunnelState): void {
  const status = statusOf(state);
  compose(state, status);
  setCurrentDetails(details(status, state));
  publishMemo(state, status);
  publishAttributes(state, status);
}

/** Keeps the memo up to date while the story waits for an answer of an activity, beside the story. */
export function keepMemoPublished(state: FunnelState): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => !isMemoPublished(state));
      publishMemo(state, statusOf(state));
    }
  });
}

/** False if something outside the main loop must still be published: a timer, an image result, a contradiction. */
export function isPublished(state: FunnelState): boolean {
  return (
    state.notices.changes.length === 0 &&
    state.notices.escalation === escalationOf(state) &&
    isMemoPublished(state)
  );
}

/** The memo for the next run, which would otherwise start without a memo. */
export function nextMemo(state: FunnelState): Record<string, unknown> {
  return memoOf(publishedFields(statusOf(state)));
}

/** Notes what the client that started the funnel, or an earlier run, has already published in the memo. */
export function noteMemo(state: FunnelState): void {
  const { memo } = workflowInfo();
  state.memo = {
    status: JSON.stringify(memo?.[memoFields.status] ?? null),
    private: JSON.stringify(memo?.[memoFields.private] ?? null),
  };
}

function publishMemo(state: FunnelState, status: Status): void {
  const fields = publishedFields(status);
  const text = textOf(fields);
  const changed = memoOf(fields);
  if (text.status === state.memo.status) delete changed[memoFields.status];
  if (text.private === state.memo.private) delete changed[memoFields.private];
  state.memo = text;
  if (Object.keys(changed).length > 0) upsertMemo(changed);
}

function isMemoPublished(state: FunnelState): boolean {
  const text = textOf(publishedFields(statusOf(state)));
  return text.status === state.memo.status && text.private === state.memo.private;
}

function textOf(fields: ReturnType<typeof publishedFields>): FunnelState['memo'] {
  return { status: JSON.stringify(fields.status), private: JSON.stringify(fields.private) };
}

function publishAttributes(state: FunnelState, status: Status): void {
  const { stage, outcome, attempt, waitingFor, deadline, escalation } = status;
  const attention = status.attention?.kind ?? null;
  const trouble = status.trouble?.reason ?? null;
  const words = [stage, outcome, attempt, waitingFor, deadline, escalation, attention, trouble];
  const published = JSON.stringify(words);
  if (published === state.published) return;
  const before: unknown[] = JSON.parse(state.published || '[]');
  state.published = published;
  const attributes = [
    { key: searchAttributes.stage, value: stage },
    { key: searchAttributes.outcome, value: outcome },
    { key: searchAttributes.attempt, value: attempt },
    { key: searchAttributes.waitingFor, value: waitingFor },
    { key: searchAttributes.deadline, value: deadline === null ? null : new Date(deadline) },
    { key: searchAttributes.escalation, value: escalation },
    { key: searchAttributes.attention, value: attention },
    { key: searchAttributes.trouble, value: trouble },
  ];
  const changed = attributes.filter((_, at) => words[at] !== before[at]);
  // After a rollback the words of a newer release differ, and perhaps no attribute does; the server refuses an empty upsert.
  if (changed.length > 0) upsertSearchAttributes(changed);
}
