import type { FunnelStatus } from '../client/index.ts';
import { isSet } from '../client/settings.ts';
import { captureCode } from './capture-link.ts';
import { inWords, troubleInWords, waitingForInWords } from '../contract/index.ts';

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
      `  next       the funnel has stopped for good; "candidate-funnel timeline ${status.applicationId}" shows what it did, "candidate-funnel start FILE --again" starts another`,
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
    lines.push(
      `  trouble    ${status.trouble.reason}: ${troubleInWords[status.trouble.reason]} (${status.trouble.problem}), since ${time(status.trouble.since)}`,
    );
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

/** Why this command could not decrypt: nothing is set up for it, or what is did not do it. */
export function whyUnreadable(environment: NodeJS.ProcessEnv = process.env): string {
  if (isSet('CODEC_URL', environment))
    return 'the codec server at CODEC_URL did not decrypt them: repeat the command; if it lasts, run "candidate-funnel doctor"';
  if (isSet('KEY_STORE_URL', environment))
    return 'no key of KEY_STORE_URL opens them here: run "candidate-funnel doctor"';
  return 'this command has no key: set CODEC_URL, or KEY_STORE_URL and PAYLOAD_IDENTITY_FILE';
}

function actionLines(
  action: FunnelStatus['nextAction'],
  { applicationId: id, stage, attention }: FunnelStatus,
): string[] {
  switch (action.kind) {
    case 'show_capture_link':
      return [
        `show the candidate this link (attempt ${action.attempt} of ${action.of}): ${action.url}`,
        ...action.advice.map(({ text }) => `tell the candidate: ${text}`),
      ];
    case 'open_hosted_flow':
      return [`show the candidate this page: ${action.url}`];
    case 'enter_one_time_code':
      return [
        `ask the candidate for the one-time code, and run "candidate-funnel code ${id} CODE"`,
        `to send another code: "candidate-funnel resend-code ${id}"`,
      ];
    case 'provide_information':
      return [
        'RiskOS needs more data of the candidate',
        ...(action.fields.length > 0 ? [`missing: ${action.fields.join(', ')}`] : []),
        `provide it with "candidate-funnel information ${id} --candidate FILE"`,
      ];
    case 'review':
      return [
        'decide in the RiskOS dashboard, or with',
        `"candidate-funnel review ${id} --verdict accept --reason TEXT" (or reject, or resubmit)`,
      ];
    case 'request_documents':
      return [`to request documents: "candidate-funnel documents ${id}"`];
    case 'needs_attention':
      return [
        action.reason,
        ...(attention && attention.fields.length > 0 ? [`fields: ${attention.fields.join(', ')}`] : []),
        `when the cause is fixed: "candidate-funnel retry ${id}"`,
        `when the candidate's data is wrong: "candidate-funnel correct ${id} --candidate FILE"`,
      ];
    case 'unreadable':
      return [`${inWords(action.hidden)}; the details are encrypted, and ${whyUnreadable()}`];
    case 'wait':
      return stage === 'starting'
        ? ['nothing to do; no worker has picked up this funnel yet. If this lasts: "candidate-funnel doctor"']
        : ['nothing to do; the funnel continues by itself'];
    case 'none':
      return stage === 'verified'
        ? [
            `nothing to do; possible now: ${atVerified.map((verb) => `"candidate-funnel ${verb} ${id}"`).join(', ')}`,
          ]
        : ['nothing to do'];
  }
}

const atVerified = ['reverify', 'payroll', 'complete'];
