import { z } from 'zod';

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
