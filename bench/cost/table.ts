import Table from 'cli-table3';
import type { Budgets } from './budget.ts';
import { measures, type Row } from './measures.ts';

/** Each measure as `value / budget`, or the value alone where there is no budget. */
export function tableOf(rows: Row[], limits: Budgets): string {
  const table = new Table({
    head: ['scenario', ...measures, 'note'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...measures.map(() => 'right' as const), 'left'],
  });
  for (const { name, costs, note = '' } of rows) {
    table.push([name, ...measures.map((measure) => cell(costs[measure], limits[name]?.[measure])), note]);
  }
  return table.toString();
}

function cell(value: number | undefined, most: number | undefined): string {
  if (value === undefined) return '–';
  return most === undefined ? String(value) : `${value} / ${most}`;
}
