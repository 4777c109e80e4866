import type { FunnelStatus } from '../client/index.ts';
import { captureCode } from './capture-link.ts';
import { inWords, waitingForInWords } from '../contract/index.ts';

/** Answers go to stdout: one JSON line with `--json`, text for people without. */
export function print(value: unknown, asText: () => string, json: boolean | undefined): void {
  process.stdout.write(`${json ? JSON.stringify(value) : asText()}\n`);
}

/** `2026-01-31 09:05 UTC` of an ISO 8601 time, or `2026-01-31 09:05:11 UTC`. */
export function time(iso: string, until: 'minutes' | 'seconds' = 'minutes'): string {
  return `${iso.slice(0, until === 'minutes' ? 16 : 19).replace('T', ' ')} UTC`;
}

/** The status, and on a terminal the capture link as a QR code below it. */
export async function printStatus(status: FunnelStatus, json: boolean | undefined): Promise<void> {
  print(status, () => statusText(status), json);
  const code = await captureCode(status.nextAction, { terminal: process.stdout.isTTY && !json });
  if (code !== undefined) process.stdout.write(`\n${code}\n`);
}

function statusText(status: FunnelStatus): string {
  const lines = [`${status.applicationId}  ${headline(status)}`];
  if (status.ended) {
    lines.push(
      `  next       nothing goes on; "candidate-funnel timeline ${status.applicationId}" tells what was done, "start --again" begins anew`,
    );
  } else if (status.stage !== 'closed') {
    const until = status.deadline ? `, until ${time(status.deadline)}${escalationText(status)}` : '';
    lines.push(`  waits for  ${waitingForInWords[status.waitingFor]}${until}`);
    lines.push(
      ...actionLines(status.nextAction, status).map(
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

function escalationText({ escalation }: FunnelStatus): string {
  return { none: '', reminder: ', which is soon', overdue: ', which has passed' }[escalation ?? 'none'];
}

function headline(status: FunnelStatus): string {
  if (status.outcome) return `closed: ${inWords(status.outcome)}`;
  if (status.ended) {
    const at = status.ended.at === null ? '' : ` on ${time(status.ended.at)}`;
    return `${endedInWords(status.ended.how)} in Temporal${at}, at ${inWords(status.stage)}`;
  }
  const counts = status.waitingFor === 'candidate' || status.waitingFor === 'riskos';
  return counts && status.attempt > 1
    ? `${inWords(status.stage)}, attempt ${status.attempt}`
    : inWords(status.stage);
}

/** Temporal's word for how a workflow ended, for people. */
export function endedInWords(how: string): string {
  return how === 'canceled' ? 'cancelled' : inWords(how);
}

function actionLines(
  action: FunnelStatus['nextAction'],
  { applicationId: id, stage }: FunnelStatus,
): string[] {
  switch (action.kind) {
    case 'show_capture_link':
      return [
        `show the candidate this link (try ${action.attempt} of ${action.of}): ${action.url}`,
        ...action.advice.map(({ text }) => `tell the candidate: ${text}`),
      ];
    case 'open_hosted_flow':
      return [`show the candidate this page: ${action.url}`];
    case 'enter_one_time_code':
      return [
        `ask the candidate for the one-time code, then "candidate-funnel code ${id} CODE"`,
        `another code: "candidate-funnel resend-code ${id}"`,
      ];
    case 'provide_information':
      return [
        'RiskOS wants more information',
        ...(action.fields.length > 0 ? [`it has not been given: ${action.fields.join(', ')}`] : []),
        `give it with "candidate-funnel information ${id} --candidate FILE"`,
      ];
    case 'review':
      return [
        'a person decides: in the RiskOS dashboard, or with',
        `"candidate-funnel review ${id} --verdict accept --reason TEXT" (or reject, or resubmit)`,
      ];
    case 'request_documents':
      return [`"candidate-funnel documents ${id}" when documents are wanted`];
    case 'needs_attention':
      return [
        action.reason,
        `then "candidate-funnel retry ${id}", or "candidate-funnel correct ${id} --candidate FILE"`,
      ];
    case 'unreadable':
      return [`${inWords(action.hidden)}; its details are encrypted, and this process has no key for them`];
    case 'wait':
      return stage === 'starting'
        ? ['nothing to do; no worker has begun this funnel']
        : ['nothing to do, wait'];
    case 'none':
      return stage === 'verified'
        ? [
            `nothing to do; possible: ${atVerified.map((verb) => `"candidate-funnel ${verb} ${id}"`).join(', ')}`,
          ]
        : ['nothing to do'];
  }
}

const atVerified = ['reverify', 'payroll', 'complete'];
