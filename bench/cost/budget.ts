import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Measure, measures, type Row } from './measures.ts';

const budgets = z.record(z.string(), z.partialRecord(z.enum(measures), z.int().min(0)));
export type Budgets = z.output<typeof budgets>;

/** What a row may cost at most, by the row's name. */
export async function readBudgets(): Promise<Budgets> {
  return budgets.parse(JSON.parse(await readFile(new URL('../budget.json', import.meta.url), 'utf8')));
}

/** A sentence for each budget that is exceeded, and for each row that has none. */
export function exceeded(rows: Row[], limits: Budgets): string[] {
  return rows.flatMap(({ name, costs }) => {
    const limit = limits[name];
    if (limit?.events === undefined) return [`${name}: there is no budget of events`];
    return measures.flatMap((measure) => overrun(name, measure, costs[measure], limit[measure]));
  });
}

function overrun(
  name: string,
  measure: Measure,
  value: number | undefined,
  most: number | undefined,
): string[] {
  if (most === undefined) return [];
  if (value === undefined) return [`${name}: ${measure} was not measured, its budget is ${most}`];
  return value > most ? [`${name}: ${measure} ${value}, the budget is ${most}`] : [];
}
