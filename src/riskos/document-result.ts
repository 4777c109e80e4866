import { decisionWord, type Evaluation, unreadableDecision, verdictOf } from '../contract/index.ts';
import { type Enrichment, hasFailed } from './enrichments.ts';
import { label } from './lenient.ts';

type Module = NonNullable<NonNullable<Enrichment['response']>['documentVerification']>;

export type DocumentResult = Pick<
  Evaluation,
  | 'documentResult'
  | 'referenceId'
  | 'transactionToken'
  | 'reviewedReference'
  | 'documentType'
  | 'documentCountry'
  | 'documentState'
> & { module?: Module };

/**
 * The one Document Verification result that counts: the accepted one, whatever the order of the enrichments, else the
 * last. Only an accepted one gives a reference, because a later selfie is compared with what it names.
 * `decision` is the evaluation's own, of a completed one.
 */
export function documentResultOf(
  enrichments: readonly Enrichment[],
  decision: string | undefined,
): DocumentResult {
  const results = enrichments.flatMap((one): Result[] => {
    const module = one.response?.documentVerification;
    return module
      ? [{ one, module, word: hasFailed(one) ? 'FAILED' : moduleWord(module.decision?.value) }]
      : [];
  });
  const accepted = results.filter(({ word }) =>
    isAccept(word ?? (results.length === 1 ? decision : undefined)),
  );
  const [only, ...others] = results;
  const inReview = only?.word === 'REVIEW' && others.length === 0 ? only : undefined;
  // Its own word stays REVIEW when a reviewer has settled the evaluation.
  if (inReview && isAccept(decision)) accepted.push(inReview);
  const chosen =
    accepted.findLast(({ one }) => one.response?.referenceId) ?? accepted.at(-1) ?? results.at(-1);
  if (!chosen) return {};
  const { type, country, state } = chosen.module.documentType ?? {};
  return {
    module: chosen.module,
    documentResult: accepted.length > 0 ? 'accepted' : 'not_accepted',
    ...(accepted.length > 0
      ? { referenceId: referenceOf(chosen), transactionToken: tokenOf(chosen) }
      : { reviewedReference: inReview && reviewedReferenceOf(inReview) }),
    documentType: label(type),
    documentCountry: countryOf(country),
    documentState: label(state),
  };
}

interface Result {
  one: Enrichment;
  module: Module;
  /** Its own decision; "FAILED" where its step failed, `undefined` where it has none. */
  word: string | undefined;
}

function isAccept(word: string | undefined): boolean {
  return verdictOf(word, {}).verdict === 'accept';
}

function referenceOf({ one }: Result): string | undefined {
  return one.response?.referenceId ?? undefined;
}

function tokenOf({ one }: Result): string | undefined {
  return one.request?.docvTransactionToken ?? undefined;
}

function reviewedReferenceOf(result: Result): Evaluation['reviewedReference'] {
  const [referenceId, transactionToken] = [referenceOf(result), tokenOf(result)];
  if (referenceId === undefined) return undefined;
  return { referenceId, ...(transactionToken === undefined ? {} : { transactionToken }) };
}

/** A module's decision; "UNKNOWN" if it is unreadable, `undefined` if there is none. */
export function moduleWord(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return (typeof value === 'string' ? decisionWord(value) : undefined) ?? unreadableDecision;
}

/** RiskOS writes "USA" [doc]; alpha-2 is taken as well. */
function countryOf(text: unknown): string | undefined {
  const code = typeof text === 'string' ? text.trim().toUpperCase() : '';
  return /^[A-Z]{2,3}$/.test(code) ? code : undefined;
}
