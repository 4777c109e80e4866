import { isDeepStrictEqual } from 'node:util';
import { setTimeout } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Funnel, FunnelStatus } from '../../../src/client/index.ts';
import type { Refusal } from '../../../src/contract/index.ts';
import { to, type Word } from './words.ts';

/** All that can be seen of a funnel from outside. */
export interface Sight {
  status: Pick<FunnelStatus, 'stage' | 'outcome' | 'verdicts'>;
  timeline: string[];
  /** How long its history is, and how often it has called RiskOS. */
  length: number;
  calls: Record<'createEvaluation' | 'readEvaluation' | 'patchEvaluation', number>;
}

/** Why an update was refused; the message is for people. */
export interface Refused {
  type: Refusal;
  message: string;
}

/** A funnel once it does nothing: no task and no call is open. */
export async function look(funnel: Funnel, handle: WorkflowHandle): Promise<Sight> {
  for (let tries = 0; tries < 200; tries++) {
    const events = (await handle.fetchHistory()).events ?? [];
    if (atRest(events)) {
      const calls = (name: string) =>
        events.filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name)
          .length;
      const closed = events.some((event) => event.workflowExecutionCompletedEventAttributes);
      return {
        status: await funnel.status(),
        timeline: closed ? [] : (await funnel.timeline()).map(({ what }) => what),
        length: events.length,
        calls: {
          createEvaluation: calls('createEvaluation'),
          readEvaluation: calls('readEvaluation'),
          patchEvaluation: calls('patchEvaluation'),
        },
      };
    }
    await setTimeout(100);
  }
  throw new Error('the funnel does not come to rest');
}

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

function atRest(events: Events): boolean {
  const begun = events.filter(
    (event) => event.activityTaskScheduledEventAttributes ?? event.workflowTaskScheduledEventAttributes,
  );
  const ended = events.filter(
    (event) =>
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes,
  );
  return begun.length === ended.length;
}

/** What a message changed: `answer` is that of an update, or why it was refused. */
export function compare(before: Sight, after: Sight, answer: Sight['status'] | Refused | undefined): Word {
  if (answer && 'message' in answer) {
    if (!isDeepStrictEqual(before, after)) throw new Error(`${answer.message}, but something changed`);
    return answer.type;
  }
  const stage = answer?.stage ?? after.status.stage;
  const more = (name: keyof Sight['calls']) => after.calls[name] > before.calls[name];
  if (before.status.stage === 'needs_attention' && stage === 'passive_check') return 'back';
  if (stage !== before.status.stage) return to(stage);
  if (more('createEvaluation')) throw new Error('RiskOS was asked for another evaluation');
  if (more('patchEvaluation') && more('readEvaluation')) return 'sent';
  if (!isDeepStrictEqual(before.status.verdicts, after.status.verdicts)) return 'conflict';
  if (more('readEvaluation')) return 'read';
  return isDeepStrictEqual(before.timeline, after.timeline) ? 'ignored' : 'noted';
}

/** What a funnel whose time has passed shows of its reminder and its deadline. */
export function clockSight(
  timeline: string[],
  stage: FunnelStatus['stage'],
): { reminder: Word; deadline: Word } {
  const overdue = timeline.some((line) => line.startsWith('overdue since'));
  return {
    reminder: timeline.some((line) => line.startsWith('reminder: ')) ? 'reminder' : 'none',
    deadline: overdue && stage === 'review' ? 'overdue' : to(stage),
  };
}
