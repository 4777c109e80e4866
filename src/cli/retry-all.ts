import { type FunnelSummary, type RetryableReason, type RetryResult } from '../client/index.ts';
import { type AttentionReason, inWords } from '../contract/index.ts';
import { exitCodes, InputError } from './errors.ts';
import { withFunnels } from './funnels.ts';
import { time } from './output.ts';

export interface RetryAllInput {
  all?: boolean;
  attention?: AttentionReason;
  yes?: boolean;
  limit?: number;
  concurrency: number;
  rate: number;
  by: string;
  json?: boolean;
}

/**
 * Retries all funnels that stopped for one reason; without `yes` it shows them and sends nothing. The exit code is that of
 * the worst failure, and 1 when it was interrupted before the last one.
 */
export async function retryAll(given: string[], options: RetryAllInput): Promise<void> {
  const attention = reasonOf(given, options);
  const { by, limit, concurrency, rate, json, yes = false } = options;
  const some = { attention, ...(limit === undefined ? {} : { limit }) };
  await withFunnels(async (funnels) => {
    if (!yes) {
      const found = await funnels.list({ ...some, limit: limit ?? Infinity });
      const lines = json ? found.map((funnel) => JSON.stringify(funnel)) : preview(found, attention, rate);
      if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
      return;
    }
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.once('SIGINT', interrupt);
    const counts: Record<RetryResult['result'], number> = {
      retried: 0,
      moved_on: 0,
      failed: 0,
      not_tried: 0,
    };
    const batch = funnels.retryAll({ ...some, by, concurrency, perSecond: rate, signal: stop.signal });
    for await (const one of batch) {
      counts[one.result] += 1;
      if (json) process.stdout.write(`${JSON.stringify(one)}\n`);
      else if (one.result !== 'not_tried') process.stdout.write(`${one.applicationId}  ${wordsOf(one)}\n`);
      if (one.error) setExitCode(one.error.type === null ? 1 : exitCodes[one.error.type]);
    }
    process.off('SIGINT', interrupt);
    if (counts.not_tried > 0) setExitCode(1);
    if (!json) process.stdout.write(`${summary(counts)}\n`);
  });
}

function reasonOf(given: string[], { all, attention }: RetryAllInput): RetryableReason {
  if (given.length > 0)
    throw new InputError('--all, --attention and --yes cannot be combined with application ids');
  if (!all || attention === undefined)
    throw new InputError('retrying many funnels needs both --all and --attention REASON');
  if (attention !== 'data_refused') return attention;
  throw new InputError(
    'RiskOS refused the data of these candidates, and a retry would send the same data again: use "candidate-funnel correct ID --candidate FILE" for each. If the RiskOS workflow was wrong and is fixed: candidate-funnel list --attention data_refused --limit 10000 --json | candidate-funnel retry -',
  );
}

const shown = 10;

/** What a retry does, where that is more than the same request again. */
const consequences: Partial<Record<RetryableReason, string>> = {
  request_refused: 'each sends its request to RiskOS again',
  requests_unclear:
    'each sends its request again; RiskOS may already have sent an SMS: look in the RiskOS dashboard first',
  evaluation_unknown: 'each starts another evaluation, which the candidate has to complete',
  execution_failed: 'each starts another evaluation, which the candidate has to complete',
  riskos_late: 'each reads RiskOS at once and gets a new deadline',
  technical_errors: 'each starts another evaluation, which the candidate has to complete',
  reset_run_gone:
    'each sends its request again; RiskOS may already have sent an SMS: look in the RiskOS dashboard first',
};

function preview(found: FunnelSummary[], reason: RetryableReason, rate: number): string[] {
  if (found.length === 0) return [`no funnel stands still for "${inWords(reason)}"`];
  const [first, more] = [found.slice(0, shown), found.length - shown];
  return [
    `${found.length} ${found.length === 1 ? 'funnel' : 'funnels'} stopped for "${inWords(reason)}":`,
    ...first.map(({ applicationId, startedAt }) => `  ${applicationId}  started ${time(startedAt)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    consequences[reason] ?? 'each reads RiskOS at once',
    `nothing has been sent; add --yes to retry them, ${rate} a second`,
  ];
}

function wordsOf({ result, error }: RetryResult): string {
  switch (result) {
    case 'retried':
      return 'retried';
    case 'moved_on':
      return 'no longer stopped for this reason; left alone';
    case 'not_tried':
      return 'not tried';
    case 'failed':
      return `failed: ${error?.message.split('\n', 1)[0] ?? ''}`;
  }
}

function summary({ retried, moved_on, failed, not_tried }: Record<RetryResult['result'], number>): string {
  const counts = [
    `${retried} retried`,
    ...(moved_on > 0 ? [`${moved_on} had moved on`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(not_tried > 0 ? [`${not_tried} not tried`] : []),
  ];
  const again = failed + not_tried > 0 ? '; run the same command again for the rest' : '';
  return `${counts.join(', ')}${again}`;
}

function setExitCode(code: number): void {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
}
