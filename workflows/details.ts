import {
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

/** A few lines of Markdown for the Temporal UI, the important ones first: its box is small. */
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
    open ? `RiskOS knows this evaluation by the id \`${open.attempt.evaluationId}\`` : '',
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
      return `${status.nextAction.reason} Then send the update \`retry\` or \`correct\`.`;
    case 'wait':
      return 'Nothing to do.';
    case 'none':
      return `Possible updates: ${updatesPossibleIn(status.stage)
        .map((name) => `\`${name}\``)
        .join(', ')}.`;
  }
}
