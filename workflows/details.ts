import {
  type AttentionReason,
  type FunnelState,
  inWords,
  type Status,
  troubleInWords,
  updatesPossibleIn,
  type VerdictRecord,
  waitingForInWords,
} from '../src/contract/index.ts';
import { maxAttempts } from './policy.ts';
import { openChecking } from './state.ts';

/** The Temporal UI cuts off the bottom of the text, about one line: this empty one. */
const cutOff = '\u00a0';

/** A few lines of Markdown for the Temporal UI, the important ones first. */
export function details(status: Status, state: FunnelState): string {
  const open = openChecking(state);
  const most = open ? maxAttempts(state.application.policy, open.stage) : 1;
  const attempt = open && most > 1 ? `, attempt ${open.tries} of ${most}` : '';
  const outcome = status.outcome ? `: ${inWords(status.outcome)}` : '';
  return [
    `**${inWords(status.stage)}**${outcome}${attempt}`,
    ...(status.stage === 'closed' ? [] : [waitLine(status), whatToDo(status)]),
    status.trouble
      ? `${troubleInWords[status.trouble.reason]} (${status.trouble.problem}) since ${minute(status.trouble.since)}`
      : '',
    status.verdicts.length > 0 ? `Verdicts: ${status.verdicts.map(verdictText).join(' → ')}` : '',
    open ? `RiskOS evaluation: \`${open.attempt.evaluationId}\`` : '',
    cutOff,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function waitLine(status: Status): string {
  if (status.waitingFor === 'nothing') return '';
  const until = status.deadline ? ` until ${minute(status.deadline)}` : '';
  const escalation = status.escalation === null ? '' : ` **${escalationInWords[status.escalation]}**`;
  return `Waits for ${waitingForInWords[status.waitingFor]}${until}.${escalation}`;
}

const escalationInWords = { reminder: 'The deadline is near.', overdue: 'Overdue.' };

function minute(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

function verdictText({ stage, attempt, verdict, flags, rule, audit }: VerdictRecord): string {
  const decided = `${inWords(stage)} ${attempt} **${[verdict, ...flags.map(inWords)].join(', ')}**`;
  return rule === undefined
    ? decided
    : `${decided} (by \`${rule}\`; RiskOS said ${audit.decision ?? 'nothing'})`;
}

function whatToDo(status: Status): string {
  switch (status.nextAction.kind) {
    case 'show_capture_link':
      return 'The candidate has the capture link; the query `status` shows it.';
    case 'open_hosted_flow':
      return 'The candidate has the Hosted Flow link; the query `status` shows it.';
    case 'enter_one_time_code':
      return "Send the candidate's one-time code with the update `submitOneTimeCode`.";
    case 'provide_information':
      return 'RiskOS needs more data: send the update `provideInformation`.';
    case 'review':
      return 'Decide in the RiskOS dashboard, or with the update `review`.';
    case 'request_documents':
      return 'To request documents, send the update `requestDocuments`.';
    case 'needs_attention':
      return [status.nextAction.reason, status.attention && howToResume[status.attention.kind]].join(' ');
    case 'wait':
      return 'Nothing to do: the funnel continues by itself.';
    case 'none':
      return `Possible updates: ${updatesPossibleIn(status.stage)
        .map((name) => `\`${name}\``)
        .join(', ')}.`;
  }
}

const onceFixed = 'When it is fixed, send the update `retry`.';
const toRetry = 'To retry, send the update `retry`.';

/** A `retry` after refused data would only send the same data again. */
const howToResume: Record<AttentionReason, string> = {
  data_refused: 'Send the corrected data with the update `correct`.',
  request_refused: onceFixed,
  reading_refused: onceFixed,
  technical_errors: onceFixed,
  riskos_late: 'To wait for another full deadline, send the update `retry`.',
  requests_unclear: toRetry,
  evaluation_unknown: toRetry,
  unreadable_after_deadline: toRetry,
  execution_failed: toRetry,
  reset_run_gone: toRetry,
};
