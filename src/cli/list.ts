import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { endings, type FunnelFilter, type FunnelSummary } from '../client/index.ts';
import {
  attentionReasons,
  escalations,
  inWords,
  outcomes,
  stages,
  troubleReasons,
  waitingForWords,
} from '../contract/index.ts';
import { examples } from './examples.ts';
import { withFunnels } from './funnels.ts';
import { wholeNumber } from './numbers.ts';
import { endedInWords, time } from './output.ts';

export const list = new Command('list')
  .description('list the funnels, newest first')
  .addOption(new Option('--stage <stage>', 'only funnels at this stage').choices(stages))
  .addOption(
    new Option('--outcome <outcome>', 'only funnels that closed with this outcome').choices(outcomes),
  )
  .addOption(
    new Option('--waiting-for <whom>', 'only funnels that wait for this party').choices(
      waitingForWords.filter((word) => word !== 'nothing'),
    ),
  )
  .option('--overdue', 'only funnels whose deadline has passed')
  .addOption(
    new Option(
      '--escalation <word>',
      'only funnels whose deadline is near (reminder) or has passed (overdue)',
    ).choices(escalations),
  )
  .addOption(
    new Option(
      '--attention [reason]',
      'only funnels that stopped for an operator; with a reason, only those that stopped for it',
    ).choices(attentionReasons),
  )
  .addOption(
    new Option(
      '--trouble [reason]',
      'only funnels that wait because RiskOS is unreachable or unclear; they continue by themselves',
    ).choices(troubleReasons),
  )
  .addOption(
    new Option('--ended <how>', 'only funnels whose workflow somebody ended in Temporal this way').choices(
      endings,
    ),
  )
  .option('--limit <n>', 'maximum number of funnels', wholeNumber, 100)
  .option('--json', 'print one JSON line per funnel')
  .addHelpText(
    'after',
    examples(
      'list --stage review --overdue',
      'list --trouble unreadable',
      'list --waiting-for operator --json',
    ),
  )
  .action(async ({ json, limit, ...filter }: FunnelFilter & { json?: boolean; limit: number }) => {
    const all = await withFunnels((funnels) => funnels.list({ ...filter, limit: limit + 1 }));
    const found = all.slice(0, limit);
    const lines = json ? found.map((funnel) => JSON.stringify(funnel)) : [table(found)];
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    if (all.length > limit) process.stderr.write(`these are the first ${limit}; --limit N shows more\n`);
  });

function escalationMark(escalation: string | null): string {
  return escalation === null ? '' : ` (${escalation === 'reminder' ? 'soon' : escalation})`;
}

function table(found: FunnelSummary[]): string {
  if (found.length === 0) return 'no funnel matches';
  const rows = new Table({
    head: ['application', 'stage', 'attempt', 'waits for', 'until', 'next action', 'reason', 'started'],
    style: { head: [], border: [], compact: true },
  });
  for (const funnel of found) {
    const ended = funnel.execution !== 'running' && funnel.execution !== 'completed';
    const stage = ended
      ? endedInWords(funnel.execution)
      : funnel.outcome
        ? `closed: ${inWords(funnel.outcome)}`
        : inWords(funnel.stage ?? 'unknown');
    rows.push([
      funnel.applicationId,
      stage,
      funnel.attempt ?? '',
      ended ? '' : (funnel.waitingFor ?? ''),
      funnel.deadline && !ended ? time(funnel.deadline) + escalationMark(funnel.escalation) : '',
      funnel.nextAction === 'none' || funnel.nextAction === null ? '' : inWords(funnel.nextAction),
      // As the options --attention and --trouble take it.
      funnel.attention ?? funnel.trouble?.reason ?? '',
      time(funnel.startedAt),
    ]);
  }
  return rows.toString();
}
