import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import {
  inWords,
  type NextAction,
  searchAttributes,
  type Stage,
  type Status,
  updatesPossibleIn,
  type VerdictRecord,
  type WaitingFor,
  waitingForInWords,
} from '../src/contract/index.ts';
import { iso, now } from './clock.ts';
import { hasRung } from './alarms.ts';
import type { Memory } from './memory.ts';
import { compose } from './notices.ts';

/** What a funnel says of itself: to the query, after each update, and as its result. */
export function statusOf(memory: Memory): Status {
  const deadline = deadlineOf(memory);
  return {
    applicationId: memory.application.applicationId,
    stage: memory.stage,
    attempt: attemptOf(memory),
    waitingFor: waitingFor(memory),
    deadline: deadline === null ? null : iso(deadline),
    escalation: escalationOf(memory),
    nextAction: nextAction(memory),
    verdicts: memory.verdicts,
    images: memory.images,
    baseline: memory.baseline !== null,
    outcome: memory.outcome,
    attention: memory.attention,
    trouble: memory.trouble && { reason: memory.trouble.reason, since: iso(memory.trouble.since) },
  };
}

/** Puts the status where operators look: search attributes, when they changed, and the UI's current details. */
export function show(memory: Memory): void {
  const status = statusOf(memory);
  compose(memory, status);
  setCurrentDetails(details(status, memory));
  const shown = JSON.stringify([
    status.stage,
    status.outcome,
    status.attempt,
    status.waitingFor,
    status.deadline,
    status.escalation,
  ]);
  if (shown === memory.shown) return;
  memory.shown = shown;
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: status.stage },
    { key: searchAttributes.outcome, value: status.outcome },
    { key: searchAttributes.attempt, value: status.attempt },
    { key: searchAttributes.waitingFor, value: status.waitingFor },
    { key: searchAttributes.escalation, value: status.escalation },
    { key: searchAttributes.deadline, value: status.deadline === null ? null : new Date(status.deadline) },
  ]);
}

function attemptOf(memory: Memory): number {
  return memory.evaluation?.attempt ?? memory.verdicts.findLast(() => true)?.attempt ?? 0;
}

function deadlineOf(memory: Memory): number | null {
  if (memory.stage === 'closed' || memory.stage === 'needs_attention') return null;
  const times = memory.stage === 'verified' ? memory.alarms.reverify?.times : memory.deadline;
  return times?.at(-1) ?? null;
}

/** Whether the deadline of a person's part is near or over. */
function escalationOf(memory: Memory): Status['escalation'] {
  const { deadline } = memory.alarms;
  const whom = waitingFor(memory);
  if (!deadline || (whom !== 'candidate' && whom !== 'reviewer')) return null;
  if (hasRung(memory, 'deadline')) return 'overdue';
  return deadline.rung > 0 ? 'reminder' : null;
}

/** Whether nothing that people are shown has come beside the story: an alarm, a result of images, a contradiction. */
export function isShown(memory: Memory): boolean {
  return memory.notices.changes.length === 0 && memory.notices.escalation === escalationOf(memory);
}

function waitingFor(memory: Memory): WaitingFor {
  switch (memory.stage) {
    case 'closed':
    case 'verified':
      return 'nothing';
    case 'awaiting_document_request':
      return 'hr';
    case 'review':
      return 'reviewer';
    case 'needs_attention':
      return 'operator';
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return memory.evaluation?.latest?.state === 'paused' ? 'candidate' : 'riskos';
  }
}

function nextAction(memory: Memory): NextAction {
  switch (memory.stage) {
    case 'closed':
    case 'verified':
      return { kind: 'none' };
    case 'awaiting_document_request':
      return { kind: 'request_documents' };
    case 'review':
      return { kind: 'review' };
    case 'needs_attention':
      return { kind: 'needs_attention', reason: memory.attention?.reason ?? 'unknown' };
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return handOff(memory);
  }
}

function handOff(memory: Memory): NextAction {
  const open = memory.evaluation;
  const latest = open?.latest;
  if (!open || latest?.state !== 'paused') return { kind: 'wait' };
  switch (latest.pausedFor) {
    case 'capture':
      return latest.url === undefined
        ? { kind: 'wait' }
        : {
            kind: 'show_capture_link',
            url: latest.url,
            attempt: memory.tries,
            of: Math.max(memory.tries, maxAttempts(memory)),
            expiresAt: iso(deadlineOf(memory) ?? now()),
            advice: memory.advice,
          };
    case 'hosted_flow':
      return latest.url === undefined ? { kind: 'wait' } : { kind: 'open_hosted_flow', url: latest.url };
    case 'one_time_code':
      return { kind: 'enter_one_time_code', attemptsLeft: Math.max(0, 5 - open.codes) };
    case 'more_information':
      return { kind: 'provide_information', fields: unknownFields(memory) };
    case 'unknown':
    case undefined:
      return { kind: 'wait' };
  }
}

/** RiskOS does not say what it misses [open]; what it has not been given is the best guess. */
function unknownFields({ application: { candidate } }: Memory): string[] {
  return (['address', 'dateOfBirth', 'nationalId'] as const).filter(
    (field) => candidate[field] === undefined,
  );
}

/** How often the candidate may try in the current stage. */
export function maxAttempts(memory: Memory, stage: Stage = memory.stage): number {
  const { policy } = memory.application;
  if (stage === 'document_verification') return policy.documents.maxAttempts;
  if (stage === 'selfie_reverification') return policy.reverification.maxAttempts;
  return 1;
}

/** A few lines of Markdown, the important ones first: the UI's box is small. */
function details(status: Status, memory: Memory): string {
  const tries =
    memory.evaluation && maxAttempts(memory) > 1 ? `, try ${memory.tries} of ${maxAttempts(memory)}` : '';
  const outcome = status.outcome ? `: ${inWords(status.outcome)}` : '';
  return [
    `**${inWords(status.stage)}**${outcome}${tries}`,
    ...(status.stage === 'closed' ? [] : [waitLine(status), whatToDo(status)]),
    status.trouble
      ? `RiskOS ${status.trouble.reason} since ${status.trouble.since.slice(0, 16).replace('T', ' ')} UTC`
      : '',
    status.verdicts.length > 0 ? `Verdicts: ${status.verdicts.map(verdictText).join(' → ')}` : '',
    memory.evaluation ? `RiskOS knows this evaluation by the id \`${memory.evaluation.evaluationId}\`` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}

function waitLine(status: Status): string {
  if (status.waitingFor === 'nothing') return '';
  const until = status.deadline ? ` until ${status.deadline.slice(0, 16).replace('T', ' ')} UTC` : '';
  const escalation = status.escalation === null ? '' : ` **${escalationInWords[status.escalation]}**`;
  return `Waits for ${waitingForInWords[status.waitingFor]}${until}.${escalation}`;
}

const escalationInWords = { reminder: 'That is soon.', overdue: 'That is over.' };

function verdictText({ stage, attempt, verdict, flags }: VerdictRecord): string {
  return `${inWords(stage)} ${attempt} **${[verdict, ...flags.map(inWords)].join(', ')}**`;
}

function whatToDo(status: Status): string {
  switch (status.nextAction.kind) {
    case 'show_capture_link':
      return 'The candidate has the capture link; it is also in the query `status`.';
    case 'open_hosted_flow':
      return 'The candidate has to open the Hosted Flow; its link is in the query `status`.';
    case 'enter_one_time_code':
      return 'The candidate has to enter the one-time code.';
    case 'provide_information':
      return 'RiskOS wants more information.';
    case 'review':
      return 'Decide in the RiskOS dashboard, or send the update `review`.';
    case 'request_documents':
      return 'Send the update `requestDocuments` when documents are wanted.';
    case 'needs_attention':
      return `${status.nextAction.reason} Mend it, then send the update \`retry\` or \`correct\`.`;
    case 'wait':
      return 'Nothing to do.';
    case 'none':
      return `Possible updates: ${updatesPossibleIn(status.stage)
        .map((name) => `\`${name}\``)
        .join(', ')}.`;
  }
}
