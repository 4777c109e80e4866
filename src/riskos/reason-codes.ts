import { z } from 'zod';
import { type Advice, describeIssues } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import { reasonCodes } from './reason-codes-data.ts';

/** How RiskOS writes a reason code: "R831", "I836". */
export const reasonCode = z.string().regex(/^[A-Z]{1,3}\d{2,4}$/, 'must be a reason code such as "R831"');

const meaning = z.strictObject({
  /** What the candidate can do better; `key` is stable, for translation. */
  advice: z
    .strictObject({
      key: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a word such as "retake_selfie"'),
      text: z.string().min(1).max(500),
    })
    .optional(),
  /** It marks fraud: no advice is given while it is there. */
  neverCoach: z.literal(true).optional(),
  /** Nothing is wrong. */
  positive: z.literal(true).optional(),
  source: z.string().min(1).max(200),
  grade: z.enum(['doc', 'seen', 'open', 'own']),
});

/** The whole table, as a configuration file may replace it: reason code to meaning. */
export const reasonCodeTable = z.record(reasonCode, meaning);
export type ReasonCodeTable = z.output<typeof reasonCodeTable>;

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
