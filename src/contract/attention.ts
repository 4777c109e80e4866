import { z } from 'zod';
import type { RiskosProblem } from './failures.ts';
import { kept } from './kept.ts';

/** Why a funnel stands at `needs_attention`. */
export const attentionCause = z.discriminatedUnion('kind', [
  /** RiskOS refused the POST; with `smsPossible` it may have processed this POST or an earlier one. */
  kept({
    kind: z.literal('request_refused'),
    problem: z.string(),
    action: z.string(),
    fields: z.array(z.string()).default([]),
    smsPossible: z.boolean().default(false),
  }),
  /** `count` POSTs ended without a clear answer. */
  kept({ kind: z.literal('requests_unclear'), count: z.int() }),
  /** RiskOS refused to show the evaluation. */
  kept({ kind: z.literal('reading_refused'), problem: z.string(), action: z.string() }),
  /** RiskOS no longer knows the evaluation that it began. */
  kept({ kind: z.literal('evaluation_unknown'), evalId: z.string() }),
  /** RiskOS has been unreadable since the deadline. */
  kept({ kind: z.literal('unreadable_after_deadline'), problem: z.string() }),
  /** RiskOS was still busy at the deadline. */
  kept({ kind: z.literal('riskos_late') }),
  /** RiskOS's workflow failed. */
  kept({ kind: z.literal('execution_failed') }),
  /** `count` evaluations ended with a technical error. */
  kept({ kind: z.literal('technical_errors'), count: z.int() }),
  /** The funnel was reset, and Temporal no longer has the earlier run, which may contain a POST. */
  kept({ kind: z.literal('reset_run_gone') }),
]);
export type AttentionCause = z.output<typeof attentionCause>;

/**
 * Why a funnel stands at `needs_attention`, as a word that anyone may read and filter by: the kind of the cause, or
 * `data_refused` if RiskOS refused the candidate's data, because a `retry` would only send the same data again.
 */
export const attentionReasons = [
  'request_refused',
  'data_refused',
  'requests_unclear',
  'reading_refused',
  'evaluation_unknown',
  'unreadable_after_deadline',
  'riskos_late',
  'execution_failed',
  'technical_errors',
  'reset_run_gone',
] as const satisfies readonly (AttentionCause['kind'] | 'data_refused')[];
export type AttentionReason = (typeof attentionReasons)[number];

const ofData: readonly string[] = ['DataRefused', 'InvalidRequest'] satisfies RiskosProblem[];

export function attentionReason(cause: AttentionCause): AttentionReason {
  return cause.kind === 'request_refused' && ofData.includes(cause.problem) ? 'data_refused' : cause.kind;
}

/**
 * What lets the funnel go on. A person's `retry` or `correct` always does; an `event` that names the evaluation does when
 * its id is missing, and a `reading` with news does when RiskOS was late, unreadable or its workflow had failed.
 */
export type Resumption = 'request' | 'event' | 'reading';

export function resumptionOf(cause: AttentionCause): Resumption {
  switch (cause.kind) {
    case 'requests_unclear':
      return 'event';
    case 'request_refused':
      return cause.smsPossible ? 'event' : 'request';
    case 'unreadable_after_deadline':
    case 'riskos_late':
    case 'execution_failed':
      return 'reading';
    case 'reading_refused':
    case 'evaluation_unknown':
    case 'technical_errors':
    case 'reset_run_gone':
      return 'request';
  }
}

const mayBeProcessed =
  'RiskOS may already have processed the request, and sent an SMS if the check needs the candidate. Look for the evaluation in the RiskOS dashboard before you retry.';

/** What happened and what to do, in a few sentences without PII. */
export function attentionText(cause: AttentionCause): string {
  switch (cause.kind) {
    case 'request_refused': {
      const refused = `RiskOS refused the request (${cause.problem}): ${cause.action}.`;
      return cause.smsPossible ? `${refused} ${mayBeProcessed}` : refused;
    }
    case 'requests_unclear':
      return `RiskOS gave no clear answer to ${cause.count} requests. It may have processed each of them, and sent an SMS if the check needs the candidate. Look for the evaluation in the RiskOS dashboard before you retry.`;
    case 'reading_refused':
      return `RiskOS refused to show the evaluation (${cause.problem}): ${cause.action}.`;
    case 'evaluation_unknown':
      return `RiskOS no longer knows the evaluation ${cause.evalId} that it began. A retry begins another evaluation; if it captures documents or a selfie, the candidate must do it again.`;
    case 'unreadable_after_deadline':
      return `RiskOS has been unreadable since the deadline (${cause.problem}). The funnel resumes by itself when RiskOS can be read again; a retry reads at once.`;
    case 'riskos_late':
      return 'RiskOS has not finished this evaluation by its deadline. Look at it in the RiskOS dashboard. The funnel resumes by itself when RiskOS finishes.';
    case 'execution_failed':
      return 'The RiskOS workflow of this evaluation failed. Look at it in the RiskOS dashboard. The funnel resumes by itself when a reading shows that RiskOS has recovered. A retry begins another evaluation; if it captures documents or a selfie, the candidate must do it again.';
    case 'technical_errors':
      return `RiskOS ended ${cause.count} evaluations with a technical error. Look at its workflow, then retry.`;
    case 'reset_run_gone':
      return `The funnel was reset, and the history of the earlier run is gone. ${mayBeProcessed}`;
  }
}

export function attentionFields(cause: AttentionCause): string[] {
  return cause.kind === 'request_refused' ? cause.fields : [];
}
