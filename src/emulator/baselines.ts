import { invalidRequest } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import type { EvaluationRequest } from './request.ts';

/**
 * The reference of the accepted documents that a selfie is compared with, sent as that reference or as their
 * transaction token, at any of the documented places [open]. Throws Refusal 400.
 */
export function baselineOf(
  request: EvaluationRequest,
  known: (reference: string) => Evaluation | undefined,
  acceptForeign: boolean,
): string {
  const { individual } = request.data;
  const places: [string, string | undefined][] = [
    ['additional_context.previous_reference_id', individual.additional_context?.previous_reference_id],
    ['docv.config.transaction_token', individual.docv?.config?.transaction_token],
    ['docv.transaction_token', individual.docv?.transaction_token],
  ];
  const [place, value] = places.find(([, sent]) => sent !== undefined) ?? places[0] ?? [];
  const field = `data.individual.${place}`;
  if (!value) {
    throw invalidRequest([
      { field, description: 'is required: without it there is nothing to compare with' },
    ]);
  }
  const evaluation = known(value);
  const baseline = evaluation && acceptedBy(evaluation, value);
  if (baseline) return baseline;
  if (!evaluation && acceptForeign) return value;
  throw invalidRequest([{ field, description: 'is not the reference of an accepted document verification' }]);
}

/** The reference of the accepted result that `value` names; the transaction token names the play's own. */
function acceptedBy(evaluation: Evaluation, value: string): string | undefined {
  const { decision, state, useCase, outcome, play, otherReferences, referenceId } = evaluation;
  const isDecided = useCase === 'documents' && state === 'evaluation_completed' && outcome?.error === null;
  if (!isDecided || !isAccept(decision) || play.result === 'none') return undefined;
  const index = otherReferences.indexOf(value);
  if (index >= 0) return isAccept(play.otherResults[index]?.decision ?? '') ? value : undefined;
  const own = play.documentVerification?.toUpperCase();
  return own === 'REJECT' || own === 'RESUBMIT' ? undefined : referenceId;
}

function isAccept(word: string): boolean {
  return ['ACCEPT', 'APPROVE'].includes(word.toUpperCase());
}
