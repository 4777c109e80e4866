import { z } from 'zod';
import {
  checkInput,
  decisionWord,
  describeIssues,
  type UseCase,
  type Verdict,
  verdictOf,
} from '../../contract/index.ts';
import { evaluationRequest } from '../../riskos/index.ts';
import { InputError } from '../errors.ts';

/** RiskOS's decision words to ours, as `policy.verdicts` has them. */
export type Verdicts = Record<string, Verdict>;

export type Identity = z.output<ReturnType<typeof identitiesFor>>[number];

/** Not a decision: the evaluation waits for the candidate. */
export const paused = 'PAUSED';

/** These are not decided until somebody takes a picture of a document. */
const withCamera: readonly UseCase[] = ['document_verification', 'selfie_reverification'];

/** Throws {@link InputError} that names every wrong field, and never a value. */
export function parseIdentities(value: unknown, file: string, verdicts: Verdicts): Identity[] {
  const parsed = checkInput(identitiesFor(verdicts), value);
  const wrong = parsed.success ? lacking(parsed.data, verdicts) : describeIssues(parsed.error);
  if (!parsed.success || wrong !== undefined) throw new InputError(`${file}: ${wrong}`);
  return parsed.data;
}

const label = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 of a-z 0-9 -');

function identitiesFor(verdicts: Verdicts) {
  const word = z.string().transform((text, context) => {
    const found = decisionWord(text);
    if (found !== undefined) return found;
    context.addIssue({
      code: 'custom',
      message: 'must be a decision word such as "ACCEPT", or "PAUSED"',
      input: text,
    });
    return z.NEVER;
  });
  const known = word.refine(
    (expected) => expected === paused || verdictOf(expected, verdicts).flags.length === 0,
    'is a decision word that nobody mapped: add it to "verdicts" of the policy in FUNNEL_POLICY_FILE',
  );
  const identity = z
    .looseObject({ name: label, expect: z.array(known).min(1, 'must name at least one') })
    .transform(({ name, expect, ...given }, context) => {
      const parsed = checkInput(evaluationRequest, { ...given, evaluationId: 'chosen-later' });
      if (!parsed.success) {
        for (const issue of parsed.error.issues) {
          const { path, message } = issue;
          if (issue.code !== 'unrecognized_keys') context.addIssue({ code: 'custom', path, message });
          else context.addIssue({ code: 'unrecognized_keys', keys: issue.keys, path, input: given });
        }
        return z.NEVER;
      }
      const request = parsed.data;
      if (withCamera.includes(request.useCase) && expect.some((expected) => expected !== paused)) {
        const message = `must be ["${paused}"] for ${request.useCase}: a decision needs a person with a camera`;
        context.addIssue({ code: 'custom', path: ['expect'], message });
      }
      if (valuesOf(request.candidate).some((value) => name.includes(value))) {
        const message = 'must hold nothing of the candidate: it is printed';
        context.addIssue({ code: 'custom', path: ['name'], message });
      }
      // Nobody is to be written to because of a check.
      return {
        name,
        expect,
        request: { ...request, documents: { ...request.documents, sendMessage: false } },
      };
    });
  return z.array(identity, 'must be a list of candidates').max(200);
}

/** What the list as a whole lacks; the checklist needs one of each. */
function lacking(identities: Identity[], verdicts: Verdicts): string | undefined {
  const someFor = (...wanted: Verdict[]): boolean =>
    identities.some(({ expect }) =>
      expect.every((word) => word !== paused && wanted.includes(verdictOf(word, verdicts).verdict)),
    );
  if (new Set(identities.map((one) => one.name)).size < identities.length) {
    return 'every name must be there only once';
  }
  if (!someFor('accept')) return 'at least one must be a valid candidate: "expect": ["ACCEPT"]';
  if (!someFor('reject', 'review')) {
    return 'at least one must be a fraudulent candidate: "expect": ["REJECT", "REVIEW"]';
  }
  return identities.some(({ request }) => request.useCase === 'document_verification')
    ? undefined
    : `at least one must have the useCase document_verification: "expect": ["${paused}"]`;
}

/** The texts of a candidate that are long enough to be recognised, in lower case. */
function valuesOf(value: object): string[] {
  return Object.values(value).flatMap((inner: unknown) => {
    if (typeof inner === 'object' && inner !== null) return valuesOf(inner);
    return typeof inner === 'string' && inner.length > 3 ? [inner.toLowerCase()] : [];
  });
}
