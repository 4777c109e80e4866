import { format, resolveConfig } from 'prettier';
import { inWords } from '../../../src/contract/index.ts';
import { prose } from './prose.ts';
import { columns, type EvaluatedStage, evaluatedStages, type State, states } from './states.ts';
import {
  type Cell,
  clockRows,
  eventRows,
  type EventType,
  type Row,
  strangerRows,
  updateRows,
} from './table.ts';
import { afterReview, afterVerdict, choices } from './verdicts.ts';
import { meanings, shown } from './words.ts';

export const pagePath = new URL('../../../docs/funnel.md', import.meta.url);

/** docs/funnel.md, as prettier writes it. */
export async function renderPage(): Promise<string> {
  const page = [
    prose.title,
    prose.stages,
    prose.states,
    table(
      ['column', 'where the funnel stands'],
      states.map((state) => [bold(state), columns[state].meaning]),
    ),
    prose.words,
    table(['in the table', 'what happens'], meanings),
    prose.messages,
    table(['', ...states.map((state) => columns[state].head)], messageRows()),
    prose.belowMessages,
    table(
      ['', ...evaluatedStages.map(inWords)],
      [['deadline of the candidate passes', ...byStage(clockRows.deadline.capture)]],
    ),
    prose.verdicts,
    table(
      ['RiskOS says', ...evaluatedStages.map(inWords)],
      Object.entries(afterVerdict).map(([ending, row]) => [endingHead(ending), ...byStage(row)]),
    ),
    prose.review,
    table(
      ['HR says', ...evaluatedStages.map((stage) => `of ${inWords(stage)}`)],
      Object.entries(afterReview).map(([verdict, row]) => [`\`${verdict}\``, ...byStage(row)]),
    ),
    prose.policy,
    table(
      ['policy', 'where', 'when', 'then'],
      choices.map(({ field, value, stage, ending, leadsTo }) => [
        `\`${field}: ${value}\``,
        inWords(stage),
        endingHead(ending),
        shown(leadsTo),
      ]),
    ),
    prose.routing,
    prose.trouble,
    prose.images,
    prose.notices,
  ].join('\n\n');
  const config = await resolveConfig(pagePath);
  return format(page, { ...config, parser: 'markdown' });
}

function messageRows(): string[][] {
  const line = (head: string, row: Row) => [head, ...states.map((state) => cellOf(row[state]))];
  const heading = (text: string) => [`**${text}**`, ...states.map(() => '')];
  return [
    heading('updates'),
    ...Object.entries(updateRows).map(([name, row]) => line(`\`${name}\``, row)),
    heading('events of RiskOS'),
    ...Object.entries(eventRows).map(([type, row]) => line(eventHead(type), row)),
    heading('other events'),
    line('of an earlier attempt', strangerRows.earlier),
    line('… that contradicts its verdict', strangerRows.contradicting),
    line('of an earlier funnel of the application', strangerRows.foreign),
    line('one that came before', strangerRows.duplicate),
    heading('time, Temporal'),
    line('time of the reminder', clockRows.reminder),
    line('deadline', clockRows.deadline),
    line('Temporal’s cancel', clockRows.cancel),
  ];
}

function eventHead(type: string): string {
  const unknown: EventType = 'unknown';
  return type === unknown ? 'an unknown type' : `\`${type}\``;
}

const endingHeads: Record<string, string> = {
  'unknown word': 'a word that nobody mapped',
  'marked as fraud': 'RESUBMIT with a reason code that marks fraud',
  'technical error': 'RESUBMIT or CANCEL, because of an error of its own',
  deadline: 'the deadline passes',
};

function endingHead(ending: string): string {
  return endingHeads[ending] ?? ending.toUpperCase();
}

function cellOf(cell: Cell): string {
  return typeof cell === 'string' ? shown(cell) : 'see below';
}

function byStage(cell: Cell): string[] {
  return evaluatedStages.map((stage: EvaluatedStage) => shown(typeof cell === 'string' ? cell : cell[stage]));
}

const bold = (state: State): string => `**${columns[state].head}**`;

function table(head: string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
