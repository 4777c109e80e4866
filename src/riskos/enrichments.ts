import { z } from 'zod';
import { type FailedStep, failedSteps, riskosId } from '../contract/index.ts';
import { maybe, saysError } from './lenient.ts';

/** Unknown, because a decision that cannot be read is not the same as none. */
const moduleDecision = maybe(z.object({ value: z.unknown().optional() }));
// Loose, because the reason codes in it are read from whatever module has them.
const digitalIntelligence = maybe(z.looseObject({ decision: moduleDecision }));

const documentVerification = z.looseObject({
  decision: moduleDecision,
  documentType: maybe(
    z.object({
      type: z.unknown().optional(),
      country: z.unknown().optional(),
      state: z.unknown().optional(),
    }),
  ),
  digitalIntelligence,
});

const selfieReverification = z.looseObject({
  decision: moduleDecision,
  previousReferenceId: maybe(riskosId),
  digitalIntelligence,
});

export const enrichment = z.object({
  enrichment_name: maybe(z.string()),
  enrichment_provider: maybe(z.string()),
  status_code: maybe(z.coerce.number()),
  status: z.unknown().optional(),
  is_source_cache: z.unknown().optional(),
  total_attempts: z.unknown().optional(),
  error: z.unknown().optional(),
  error_message: z.unknown().optional(),
  request: maybe(z.object({ docvTransactionToken: maybe(riskosId), modules: maybe(z.array(z.unknown())) })),
  response: maybe(
    z.looseObject({
      referenceId: maybe(riskosId),
      status: z.unknown().optional(),
      data: maybe(z.object({ url: maybe(z.string()), docvTransactionToken: maybe(riskosId) })),
      documentVerification: maybe(documentVerification),
      selfieReverification: maybe(selfieReverification),
      digitalIntelligence,
    }),
  ),
});
export type Enrichment = z.output<typeof enrichment>;

type Step = FailedStep | 'image_request';

/** The step that an enrichment belongs to: by its provider or its module; by its name only where it has no more to show. */
export function stepOf({ enrichment_provider, enrichment_name, request, response }: Enrichment): Step {
  const provider = squeezed(enrichment_provider);
  if (provider === 'socuredocrequest') return 'document_request';
  if (provider === 'socureimagerequest') return 'image_request';
  if (response?.selfieReverification) return 'selfie_reverification';
  if (response?.documentVerification) return 'document_verification';
  if (response?.digitalIntelligence) return 'digital_intelligence';
  if (provider !== '' && !provider.startsWith('socure')) return 'other';
  const modules = (request?.modules ?? []).map(squeezed).filter(Boolean);
  const said = modules.length > 0 ? modules : [squeezed(enrichment_name)];
  // The name of a selfie's enrichment holds that of Document Verification too [doc].
  return named.find(([word]) => said.some((text) => text.includes(word)))?.[1] ?? 'other';
}

const named: readonly (readonly [string, Step])[] = [
  ['selfiereverification', 'selfie_reverification'],
  ['documentverification', 'document_verification'],
  ['documentrequest', 'document_request'],
  ['imagerequest', 'image_request'],
  ['digitalintelligence', 'digital_intelligence'],
];

function squeezed(text: unknown): string {
  return typeof text === 'string' ? text.toLowerCase().replaceAll(/[^a-z]/g, '') : '';
}

export function hasFailed({ error, error_message, status_code }: Enrichment): boolean {
  return saysError(error) || saysError(error_message) || (status_code ?? 0) >= 400;
}

/** Each kind once, in their order; the Image Request's own error is expected [doc]. */
export function failedStepsOf(enrichments: readonly Enrichment[]): FailedStep[] {
  const failed = new Set(enrichments.filter(hasFailed).map(stepOf));
  return failedSteps.filter((step) => failed.has(step));
}

/** The steps without which there is no result, whoever the candidate is. */
const decisive: readonly Step[] = ['document_request', 'document_verification', 'selfie_reverification'];

/** By Socure's recommendation for workflows [doc]. */
const errorTags = ['docv_error', 'docv_request_error', 'docv_verification_error'];

/**
 * Whose failure it was that there is no result: `technical` is RiskOS's, `linkExpired` is the candidate's, and so is
 * declined consent, which is neither. How RiskOS words the last two is [open].
 */
export function blameOf(
  enrichments: readonly Enrichment[],
  tags: readonly unknown[],
): { technical: boolean; linkExpired?: true } {
  const steps = enrichments.map((one) => ({ one, step: stepOf(one) }));
  const hasResult = enrichments.some(isResult);
  // A later request replaces an expired one.
  const request = steps.findLast(({ step }) => step === 'document_request')?.one;
  const ended = [
    ...(request ? [request] : []),
    ...steps.flatMap(({ one, step }) =>
      decisive.includes(step) && step !== 'document_request' ? [one] : [],
    ),
  ];
  if (!hasResult && ended.some((one) => says(one, expiry))) return { technical: false, linkExpired: true };
  if (!hasResult && ended.some((one) => says(one, refusal))) return { technical: false };
  const tagged = tags.some((tag) => typeof tag === 'string' && errorTags.includes(tag.trim().toLowerCase()));
  const failed = steps.some(({ one, step }) => decisive.includes(step) && hasFailed(one));
  return { technical: tagged || failed };
}

function isResult(one: Enrichment): boolean {
  return Boolean(one.response?.documentVerification ?? one.response?.selfieReverification) && !hasFailed(one);
}

const expiry = /expir/i;
const refusal = /consent/i;
/** What can expire at RiskOS without the candidate's doing. */
const ownExpiry =
  /certificate|credential|api.?key|(access|auth|bearer|oauth).{0,10}token|subscription|licen[cs]e|time-?d?.?out|deadline|\b(tls|ssl)\b/i;

function says({ status, error, error_message, response }: Enrichment, what: RegExp): boolean {
  const texts = [status, error, error_message, response?.status].map(textOf);
  return texts.some((text) => what.test(text) && !ownExpiry.test(text));
}

/** An error may be an object; only its beginning is looked at. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, 1000);
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .flatMap((inner: unknown) => (typeof inner === 'string' ? [inner.slice(0, 200)] : []))
    .slice(0, 10)
    .join(' ');
}
