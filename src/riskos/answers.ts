import { z } from 'zod';
import type { Evaluation, Processed, RiskosProblem } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import { isRecord } from './json.ts';
import { evalIdIn, holdsError } from './processed.ts';
import {
  adviceFor,
  defaultReasonCodes,
  marksFraud,
  reasonCode,
  type ReasonCodeTable,
} from './reason-codes.ts';
import { opaqueId } from './requests.ts';

export interface Interpretation {
  reasonCodes?: ReasonCodeTable;
  /** "Sandbox" or "Production": an answer that names another one is refused. */
  environment?: string;
  /** Whether a paused evaluation that waits for nothing known must have a capture link. */
  expectCapture?: boolean;
  /** Whether RiskOS processed the request that this answers; kept in the error. */
  processed?: Processed;
  status?: number;
  call?: string;
}

/** What is not relied upon may be null, absent or of another type. */
function maybe<Schema extends z.ZodType>(schema: Schema): z.ZodCatch<z.ZodOptional<z.ZodNullable<Schema>>> {
  return schema.nullable().optional().catch(undefined);
}

const moduleDecision = maybe(z.object({ value: maybe(z.string()) }));
// Loose, because the reason codes in it are read from whatever module has them.
const digitalIntelligence = maybe(z.looseObject({ decision: moduleDecision }));

const documentVerification = z.looseObject({
  decision: moduleDecision,
  documentType: maybe(z.object({ type: maybe(z.string()) })),
  digitalIntelligence,
});

const selfieReverification = z.looseObject({
  decision: moduleDecision,
  previousReferenceId: maybe(opaqueId),
  digitalIntelligence,
});

const enrichment = z.object({
  enrichment_provider: maybe(z.string()),
  error: z.unknown().optional(),
  error_message: z.unknown().optional(),
  request: maybe(z.object({ docvTransactionToken: maybe(opaqueId) })),
  response: maybe(
    z.looseObject({
      referenceId: maybe(opaqueId),
      status: maybe(z.string()),
      data: maybe(z.object({ url: maybe(z.string()), docvTransactionToken: maybe(opaqueId) })),
      documentVerification: maybe(documentVerification),
      selfieReverification: maybe(selfieReverification),
      digitalIntelligence,
    }),
  ),
});
type Enrichment = z.output<typeof enrichment>;

const lifecycle = z.enum(['evaluation_in_progress', 'evaluation_paused', 'evaluation_completed']);

const strict = z
  .object({
    id: opaqueId,
    eval_id: opaqueId.max(100),
    eval_status: lifecycle.nullish(),
    evaluation_status: lifecycle.nullish(),
  })
  .transform((answer) => ({ ...answer, state: answer.eval_status ?? answer.evaluation_status }));

const lenient = z.object({
  decision: maybe(z.string()),
  decision_at: maybe(z.string()),
  sub_status: maybe(z.string()),
  redirect_uri: maybe(z.string()),
  tags: maybe(z.array(z.unknown())),
  reason_codes: maybe(z.array(z.unknown())),
  environment_name: maybe(z.string()),
  data_enrichments: maybe(z.array(maybe(enrichment))),
});
type Answer = z.output<typeof lenient>;

/**
 * What the funnel needs of an evaluation, and nothing else: no PII, no QR code, no free text. Takes a REST answer or a
 * webhook's `data`. Throws {@link RiskosError} `MalformedAnswer`, `ErrorInAnswer`, `IncompleteAnswer` or `WrongEnvironment`;
 * the last two carry `evalId` where the answer has one.
 */
export function interpretEvaluation(raw: unknown, options: Interpretation = {}): Evaluation {
  const refuse = (type: RiskosProblem, fields: string[], evalId?: string): RiskosError => {
    const { processed, status, call } = options;
    return new RiskosError(type, { fields, evalId, processed, status, call });
  };
  if (!isRecord(raw)) throw refuse('MalformedAnswer', []);
  if (holdsError(raw)) throw refuse('ErrorInAnswer', []);
  const relied = strict.safeParse(raw);
  if (!relied.success) {
    throw refuse(
      'IncompleteAnswer',
      relied.error.issues.map(({ path }) => path.join('.')),
      evalIdIn(raw),
    );
  }
  const { id, eval_id: evalId, state } = relied.data;
  if (!state) throw refuse('IncompleteAnswer', ['eval_status'], evalId);

  const answer = lenient.parse(raw);
  const environment = answer.environment_name?.trim().toLowerCase();
  if (options.environment && environment && environment !== options.environment.toLowerCase()) {
    throw refuse('WrongEnvironment', [], evalId);
  }
  const enrichments = (answer.data_enrichments ?? []).flatMap((one) => (one ? [one] : []));
  const pause = state === 'evaluation_paused' ? pauseOf(answer, enrichments) : {};
  if (pause.pausedFor === 'capture' && pause.url === undefined) {
    throw refuse('IncompleteAnswer', ['capture link'], evalId);
  }
  if (pause.pausedFor === 'unknown' && options.expectCapture && !hasDocumentRequest(enrichments)) {
    throw refuse('IncompleteAnswer', ['capture link'], evalId);
  }
  if (pause.pausedFor === 'hosted_flow' && pause.url === undefined) {
    throw refuse('IncompleteAnswer', ['redirect_uri'], evalId);
  }

  const reasonCodes = reasonCodesOf(answer, enrichments);
  const table = options.reasonCodes ?? defaultReasonCodes;
  return present({
    evaluationId: id,
    evalId,
    state: stateWords[state],
    ...(state === 'evaluation_completed' ? completionOf(answer) : {}),
    ...pause,
    ...modulesOf(enrichments),
    reasonCodes,
    advice: adviceFor(reasonCodes, table),
    risk: marksFraud(reasonCodes, table),
    technical: isTechnical(answer, enrichments),
  });
}

const stateWords = {
  evaluation_in_progress: 'in_progress',
  evaluation_paused: 'paused',
  evaluation_completed: 'completed',
} as const;

/** `decision` of a paused evaluation means nothing yet [doc]. */
function completionOf(answer: Answer): Pick<Evaluation, 'decision' | 'decidedAt'> {
  return { decision: decisionWord(answer.decision) ?? 'UNKNOWN', decidedAt: instant(answer.decision_at) };
}

function decisionWord(text: string | null | undefined): string | undefined {
  const word = text?.trim().toUpperCase();
  if (!word) return undefined;
  return /^[A-Z_ ]{1,40}$/.test(word) ? word : 'UNKNOWN';
}

/** RiskOS writes 8 or 9 fractional digits [doc]; three of them make instants comparable as text. */
function instant(text: string | null | undefined): string | undefined {
  if (!text || !/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

type Pause = Pick<Evaluation, 'pausedFor' | 'url'>;

/** What a paused evaluation waits for: the words of `sub_status`, then a Hosted Flow, then a capture that is open [doc]. */
function pauseOf(answer: Answer, enrichments: Enrichment[]): Pause {
  const detail = answer.sub_status?.toLowerCase() ?? '';
  if (detail.includes('awaiting customer otp')) return { pausedFor: 'one_time_code' };
  if (detail.includes('more information needed')) return { pausedFor: 'more_information' };
  if (answer.redirect_uri) return { pausedFor: 'hosted_flow', url: link(answer.redirect_uri) };
  const request = enrichments.findLast(isOpenDocumentRequest);
  if (request) return { pausedFor: 'capture', url: link(request.response?.data?.url) };
  return { pausedFor: 'unknown' };
}

/** `enrichment_name` varies with the flow [doc]. */
function isDocumentRequest(one: Enrichment): boolean {
  return one.enrichment_provider === 'SocureDocRequest';
}

function isOpenDocumentRequest(one: Enrichment): boolean {
  return isDocumentRequest(one) && one.response?.status?.toUpperCase() !== 'SESSION_COMPLETE';
}

function hasDocumentRequest(enrichments: Enrichment[]): boolean {
  return enrichments.some(isDocumentRequest);
}

/** Only an http(s) address of a bearable length: never a data URI or a script. */
function link(url: string | null | undefined): string | undefined {
  return z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .safeParse(url).data;
}

type Modules = Pick<
  Evaluation,
  | 'transactionToken'
  | 'referenceId'
  | 'previousReferenceId'
  | 'documentType'
  | 'moduleDecision'
  | 'digitalIntelligenceDecision'
>;

function modulesOf(enrichments: Enrichment[]): Modules {
  const verified = enrichments.findLast((one) => one.response?.documentVerification);
  const selfie = enrichments.findLast((one) => one.response?.selfieReverification);
  const requested = enrichments.findLast(isDocumentRequest);
  const documents = verified?.response?.documentVerification;
  const comparison = selfie?.response?.selfieReverification;
  const device = enrichments.findLast((one) => one.response?.digitalIntelligence?.decision?.value);
  return {
    transactionToken:
      verified?.request?.docvTransactionToken ?? requested?.response?.data?.docvTransactionToken ?? undefined,
    // Not that of the Document Request beside it [doc].
    referenceId: verified?.response?.referenceId ?? undefined,
    previousReferenceId: comparison?.previousReferenceId ?? undefined,
    documentType: documentTypeOf(documents?.documentType?.type),
    moduleDecision: decisionWord(comparison?.decision?.value ?? documents?.decision?.value),
    digitalIntelligenceDecision: decisionWord(
      comparison?.digitalIntelligence?.decision?.value ??
        documents?.digitalIntelligence?.decision?.value ??
        device?.response?.digitalIntelligence?.decision?.value,
    ),
  };
}

function documentTypeOf(type: string | null | undefined): string | undefined {
  return type && /^[\p{L}\d][\p{L}\d ,.()/'_-]{0,79}$/u.test(type) ? type : undefined;
}

const mostCodes = 200;

/** The codes of all modules, each once: capture's first, because advice follows their order. */
function reasonCodesOf(answer: Answer, enrichments: Enrichment[]): string[] {
  const found = [
    ...enrichments.flatMap(({ response }) => [
      ...codesIn(response?.documentVerification),
      ...codesIn(response?.selfieReverification),
    ]),
    ...enrichments.flatMap(({ response }) => Object.values(response ?? {}).flatMap(codesIn)),
    ...(answer.reason_codes ?? []),
  ];
  const codes = found.flatMap((code) => {
    const parsed = reasonCode.safeParse(typeof code === 'string' ? code.trim().toUpperCase() : code);
    return parsed.success ? [parsed.data] : [];
  });
  return [...new Set(codes)].slice(0, mostCodes);
}

function codesIn(module: unknown): unknown[] {
  if (!isRecord(module)) return [];
  const inner = isRecord(module['digitalIntelligence']) ? module['digitalIntelligence']['reasonCodes'] : [];
  return [module['reasonCodes'], inner].flatMap((codes) => (Array.isArray(codes) ? codes : []));
}

/** By Socure's recommendation for workflows [doc]. */
const errorTags = ['docv_error', 'docv_request_error', 'docv_verification_error'];

function tagsOf(answer: Answer): string[] {
  return (answer.tags ?? []).flatMap((tag) => (typeof tag === 'string' ? [tag.trim().toLowerCase()] : []));
}

/** A step failed. The Image Request's own error is expected [doc] and says nothing of the sort. */
function isTechnical(answer: Answer, enrichments: Enrichment[]): boolean {
  if (tagsOf(answer).some((tag) => errorTags.includes(tag))) return true;
  return enrichments.some(
    (one) =>
      one.enrichment_provider !== 'SocureImageRequest' && (isError(one.error) || isError(one.error_message)),
  );
}

function isError(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

/** Without the keys whose value is undefined, so that equal evaluations have equal JSON and equal objects. */
function present(evaluation: Evaluation): Evaluation {
  const { evaluationId, evalId, state, reasonCodes, advice, risk, technical, ...optional } = evaluation;
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { evaluationId, evalId, state, ...given, reasonCodes, advice, risk, technical };
}
