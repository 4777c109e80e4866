import { type Advice, describeIssues } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import { type ReasonCodeTable, reasonCodeTable } from './reason-code-table.ts';
import { reasonCodes } from './reason-codes-data.ts';

export const defaultReasonCodes: ReasonCodeTable = reasonCodes;

/** A table from configuration. Throws {@link RiskosError} `InvalidSettings` that names each wrong entry. */
export function parseReasonCodes(table: unknown): ReasonCodeTable {
  const parsed = reasonCodeTable.safeParse(table);
  if (parsed.success) return parsed.data;
  throw new RiskosError('InvalidSettings', { note: describeIssues(parsed.error, 'reasonCodes') });
}

/** What to tell the candidate, each thing once, in the codes' order; nothing at all when a code marks fraud. */
export function adviceFor(codes: readonly string[], table: ReasonCodeTable): Advice[] {
  if (marksFraud(codes, table)) return [];
  const advice = new Map<string, Advice>();
  for (const code of codes) {
    const found = meaningOf(code, table)?.advice;
    if (found && !advice.has(found.key)) advice.set(found.key, found);
  }
  return [...advice.values()];
}

export function marksFraud(codes: readonly string[], table: ReasonCodeTable): boolean {
  return codes.some((code) => meaningOf(code, table)?.neverCoach === true);
}

function meaningOf(code: string, table: ReasonCodeTable): ReasonCodeTable[string] | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
