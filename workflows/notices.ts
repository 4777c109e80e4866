import { CancellationScope, condition, startChild } from '@temporalio/workflow';
import type { Change, FunnelChanged, Notice, Status } from '../src/contract/index.ts';
import { iso, now } from './clock.ts';
import { type Memory, note } from './memory.ts';
import { noticeDelivery } from './notice-delivery.ts';
import { tellHr } from './tell-hr.ts';

/** Unsent notices that are kept; a receiver that is away for longer misses the oldest. */
const keptNotices = 50;

/** HR learns of this with the next notice. */
export function news(memory: Memory, change: Change): void {
  const { changes } = memory.notices;
  if (!changes.includes(change)) changes.push(change);
}

/** Makes one notice of all that is new since the last one. */
export function compose(memory: Memory, status: Status): void {
  const { notices } = memory;
  noticeEscalation(memory, status);
  noticeNextAction(memory, status);
  if (notices.changes.length === 0) return;
  notices.composed += 1;
  const { trouble: _trouble, ...shown } = status;
  send(memory, {
    id: `${status.applicationId}~${memory.run}~notice~${notices.composed}`,
    timestamp: iso(now()),
    type: 'funnel.changed',
    data: { changes: notices.changes, ...shown, verdicts: notices.verdicts, images: notices.images },
  });
  Object.assign(notices, { changes: [], verdicts: [], images: [] });
}

/** Sends the notices one after the other, beside the story, which never waits for them. */
export function sendNotices(memory: Memory): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => memory.notices.unsent.length > 0);
      await sendFirst(memory);
    }
  });
}

async function sendFirst({ notices }: Memory): Promise<void> {
  const [first] = notices.unsent;
  if (!first) return;
  if (notices.wanted !== false) await tellHr(first);
  // A funnel that has continued as new meanwhile sends it again, under the same id.
  notices.unsent = notices.unsent.filter(({ id }) => id !== first.id);
}

/** What has not been sent when the funnel ends is sent by a workflow that outlives it. */
export async function handOverNotices(memory: Memory): Promise<void> {
  if (memory.notices.unsent.length === 0 || (await condition(() => memory.notices.unsent.length === 0, '5s')))
    return;
  await startChild(noticeDelivery, {
    workflowId: `notices-${memory.application.applicationId}-${memory.run}`,
    parentClosePolicy: 'ABANDON',
    staticSummary: `What HR has not been told of ${memory.application.applicationId}`,
    args: [memory.notices.unsent],
  });
}

function send(memory: Memory, notice: Notice & FunnelChanged): void {
  const { unsent, wanted } = memory.notices;
  if (wanted === false) return;
  unsent.push(notice);
  if (unsent.length > keptNotices) unsent.shift();
}

function noticeEscalation(memory: Memory, { escalation, deadline }: Status): void {
  if (escalation === memory.notices.escalation) return;
  memory.notices.escalation = escalation;
  if (escalation === null) return;
  news(memory, 'escalation');
  note(
    memory,
    `${escalation === 'overdue' ? 'overdue since' : 'reminder: it ends at'} ${deadline ?? 'some time'}`,
  );
}

function noticeNextAction(memory: Memory, { nextAction, stage }: Status): void {
  const known = JSON.stringify([nextAction, stage === 'closed']);
  if (known === memory.notices.nextAction) return;
  memory.notices.nextAction = known;
  if (stage === 'closed') news(memory, 'closed');
  else if (nextAction.kind === 'needs_attention') news(memory, 'attention');
  else if (nextAction.kind !== 'wait' && nextAction.kind !== 'none') news(memory, 'next_action');
}
