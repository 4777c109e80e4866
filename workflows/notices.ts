import { CancellationScope, condition, startChild, uuid4 } from '@temporalio/workflow';
import type { Change, FunnelChanged, FunnelState, Notice, Status } from '../src/contract/index.ts';
import { iso, now } from './clock.ts';
import { deliver, failureInWords, noticeDelivery } from './notice-delivery.ts';
import { note } from './timeline.ts';

/** Unsent notices that are kept; a receiver that is away for longer misses the oldest. */
const keptNotices = 50;

/** The next notice carries this change. */
export function announce(state: FunnelState, change: Change): void {
  const { changes } = state.notices;
  if (!changes.includes(change)) changes.push(change);
}

/** Makes one notice of all that is new since the last one. */
export function compose(state: FunnelState, status: Status): void {
  const { notices } = state;
  composeEscalation(state, status);
  composeNextAction(state, status);
  if (notices.changes.length === 0) return;
  const { trouble: _trouble, ...published } = status;
  send(state, {
    // Random, and different after a reset of the workflow, so that no id is ever used for two contents.
    id: `${status.applicationId}~notice~${uuid4()}`,
    timestamp: iso(now()),
    type: 'funnel.changed',
    data: { changes: notices.changes, ...published, verdicts: notices.verdicts, images: notices.images },
  });
  Object.assign(notices, { changes: [], verdicts: [], images: [] });
}

/** Sends the notices one after the other, beside the story, which never waits for them. */
export function deliverNotices(state: FunnelState): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => state.notices.unsent.length > 0);
      await deliverFirst(state);
    }
  });
}

async function deliverFirst(state: FunnelState): Promise<void> {
  const { notices } = state;
  const [first] = notices.unsent;
  if (!first) return;
  const failure = notices.wanted === false ? undefined : await deliver(first);
  if (failure) note(state, 'notice', failureInWords(failure));
  // After a continue-as-new in the meantime, the next run sends the notice again, under the same id.
  notices.unsent = notices.unsent.filter(({ id }) => id !== first.id);
}

/** Notices left unsent when the funnel ends are sent by a workflow that outlives it. */
export async function handOverNotices(state: FunnelState): Promise<void> {
  const isEmpty = () => state.notices.unsent.length === 0;
  if (isEmpty() || (await condition(isEmpty, '5s'))) return;
  const { applicationId } = state.application;
  await startChild(noticeDelivery, {
    workflowId: `notices-${applicationId}-${state.run}-${uuid4().slice(0, 8)}`,
    parentClosePolicy: 'ABANDON',
    staticSummary: `Undelivered notices of ${applicationId}`,
    args: [state.notices.unsent],
  });
}

function send(state: FunnelState, notice: Notice & FunnelChanged): void {
  const { unsent, wanted } = state.notices;
  if (wanted === false) return;
  unsent.push(notice);
  if (unsent.length > keptNotices) unsent.shift();
}

function composeEscalation(state: FunnelState, { escalation, deadline }: Status): void {
  if (escalation === state.notices.escalation) return;
  state.notices.escalation = escalation;
  if (escalation === null) return;
  announce(state, 'escalation');
  note(
    state,
    'deadline',
    `${escalation === 'overdue' ? 'overdue since' : 'reminder: the deadline is'} ${deadline ?? ''}`.trim(),
  );
}

function composeNextAction(state: FunnelState, { nextAction, stage }: Status): void {
  const known = JSON.stringify([nextAction, stage === 'closed']);
  if (known === state.notices.nextAction) return;
  state.notices.nextAction = known;
  if (stage === 'closed') announce(state, 'closed');
  else if (nextAction.kind === 'needs_attention') announce(state, 'attention');
  else if (nextAction.kind !== 'wait' && nextAction.kind !== 'none') announce(state, 'next_action');
}
