import { inWords, type NextAction, type Status, waitingForInWords } from '../contract/index.ts';

/** Answers go to stdout: one JSON line with `--json`, text for people without. */
export function print(value: unknown, asText: () => string, json: boolean | undefined): void {
  process.stdout.write(`${json ? JSON.stringify(value) : asText()}\n`);
}

/** `2026-01-31 09:05 UTC` of an ISO 8601 time. */
export function time(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

export function statusText(status: Status): string {
  const lines = [`${status.applicationId}  ${headline(status)}`];
  if (status.stage !== 'closed') {
    const until = status.deadline ? `, until ${time(status.deadline)}${escalationText(status)}` : '';
    lines.push(`  waits for  ${waitingForInWords[status.waitingFor]}${until}`);
    lines.push(
      ...actionLines(status.nextAction).map(
        (line, at) => `  ${at === 0 ? 'next       ' : '           '}${line}`,
      ),
    );
  }
  if (status.trouble)
    lines.push(`  trouble    RiskOS ${status.trouble.reason}, since ${time(status.trouble.since)}`);
  for (const entry of status.verdicts) {
    const flags = entry.flags.length > 0 ? ` (${entry.flags.map(inWords).join(', ')})` : '';
    lines.push(`  verdict    ${inWords(entry.stage)}, attempt ${entry.attempt}: ${entry.verdict}${flags}`);
  }
  for (const { result, count } of status.images) {
    lines.push(`  images     ${result === 'archived' ? `${count} archived` : result}`);
  }
  return lines.join('\n');
}

function escalationText({ escalation }: Status): string {
  return { none: '', reminder: ', which is soon', overdue: ', which has passed' }[escalation ?? 'none'];
}

function headline(status: Status): string {
  if (status.outcome) return `closed: ${inWords(status.outcome)}`;
  const counts = status.waitingFor === 'candidate' || status.waitingFor === 'riskos';
  return counts && status.attempt > 1
    ? `${inWords(status.stage)}, attempt ${status.attempt}`
    : inWords(status.stage);
}

function actionLines(action: NextAction): string[] {
  switch (action.kind) {
    case 'show_capture_link':
      return [
        `show the candidate this link (try ${action.attempt} of ${action.of}): ${action.url}`,
        ...action.advice.map(({ text }) => `tell the candidate: ${text}`),
      ];
    case 'open_hosted_flow':
      return [`show the candidate this page: ${action.url}`];
    case 'enter_one_time_code':
      return ['ask the candidate for the one-time code'];
    case 'provide_information':
      return [
        'RiskOS wants more information',
        ...(action.fields.length > 0 ? [`it has not been given: ${action.fields.join(', ')}`] : []),
      ];
    case 'review':
      return ['a person decides: in the RiskOS dashboard, or with "candidate-funnel review"'];
    case 'request_documents':
      return ['"candidate-funnel documents" when documents are wanted'];
    case 'needs_attention':
      return [action.reason, 'then "candidate-funnel retry" or "candidate-funnel correct"'];
    case 'wait':
      return ['nothing to do, wait'];
    case 'none':
      return ['nothing to do'];
  }
}
