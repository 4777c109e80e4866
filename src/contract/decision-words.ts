import { z } from 'zod';
import { type Verdict, verdicts } from './words.ts';

const pattern = /^[\p{L}\p{N} _-]{1,40}$/u;

/**
 * A decision word as it is compared everywhere, in answers, webhooks, policies and checks alike: trimmed, inner white
 * space collapsed, upper case. `undefined` for what is not 1 to 40 letters, digits, spaces, `-` and `_`.
 */
export function decisionWord(text: string): string | undefined {
  // Bounded first: white space and case of a text of any length are not worth the time.
  if (text.length > 1000) return undefined;
  const word = text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toUpperCase();
  return pattern.test(word) ? word : undefined;
}

/** Stands for a decision that is missing or unreadable; it can't be mapped. */
export const unreadableDecision = 'UNKNOWN';

const most = 50;

/** `policy.verdicts`: RiskOS's decision words to ours, the words normalised by {@link decisionWord}. */
export const verdictMapping = z
  .record(z.string(), z.enum(verdicts))
  .transform((given, context): Record<string, Verdict> => {
    const mapping = new Map<string, Verdict>();
    const refuse = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', path, message, input: given });
    for (const [text, verdict] of Object.entries(given)) {
      const word = decisionWord(text);
      const before = word === undefined ? undefined : mapping.get(word);
      if (word === undefined) {
        refuse('must be a decision word: 1 to 40 letters, digits, spaces, "-" and "_"', [text]);
      } else if (word === unreadableDecision) {
        refuse('stands for a decision that nobody can read, and always goes to a person', [text]);
      } else if (before !== undefined && before !== verdict) {
        refuse(`is there twice, as ${before} and as ${verdict}`, [text]);
      } else mapping.set(word, verdict);
    }
    if (mapping.size > most) refuse(`must have at most ${most} words`);
    return Object.fromEntries(mapping);
  })
  .meta({ maxProperties: most });
