import { z } from 'zod';
import {
  decisionWord,
  type Evaluation,
  type Processed,
  riskosId,
  type RiskosProblem,
  unreadableDecision,
  verdictOf,
} from '../contract/index.ts';
import { type DocumentResult, documentResultOf, moduleWord } from './document-result.ts';
import { blameOf, type Enrichment, enrichment, failedStepsOf } from './enrichments.ts';
import { RiskosError } from './errors.ts';
import { isRecord } from './json.ts';
import { label, labels, maybe, saysError } from './lenient.ts';
import { evalIdIn, holdsError } from './processed.ts';
import { reasonCode, type ReasonCodeTable } from './reason-code-table.ts';
import { adviceFor, defaultReasonCodes, marksFraud } from './reason-codes.ts';
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

const stateWords = {
  evaluation_in_progress: 'in_progress',
  evaluation_paused: 'paused',
  evaluation_completed: 'completed',
} as const;
const lifecycle = z.enum(['evaluation_in_progress', 'evaluation_paused', 'evaluation_completed']);

const strict = z.object({ id: opaqueId, eval_id: riskosId });

const lenient = z.object({
  eval_status: maybe(z.string()),
  evaluation_status: maybe(z.string()),
  status: maybe(z.string()),
  error: z.unknown().optional(),
  error_message: z.unknown().optional(),
  decision: maybe(z.string()),
  decision_at: maybe(z.string()),
  sub_status: maybe(z.string()),
  redirect_uri: maybe(z.string()),
  tags: maybe(z.array(z.unknown())),
  review_queues: maybe(z.array(z.unknown())),
  reason_codes: maybe(z.array(z.unknown())),
  score: maybe(z.number().min(-1e9).max(1e9)),
  workflow: z.unknown().optional(),
  workflow_version: z.unknown().optional(),
  eval_source: z.unknown().optional(),
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
  const { id, eval_id: evalId } = relied.data;

  const answer = lenient.parse(raw);
  const { state, failed } = lifecycleOf(answer);
  if (!state) throw refuse('IncompleteAnswer', ['eval_status'], evalId);
  const environment = answer.environment_name?.trim().toLowerCase();
  if (options.environment && environment && environment !== options.environment.toLowerCase()) {
    throw refuse('WrongEnvironment', [], evalId);
  }
  const enrichments = (answer.data_enrichments ?? []).flatMap((one) => (one ? [one] : []));
  // A failed one waits for nothing, so that it needs no link.
  const pause = state === 'paused' && !failed ? pauseOf(answer, enrichments) : {};
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
  const completion = state === 'completed' ? completionOf(answer) : {};
  return present({
    evaluationId: id,
    evalId,
    state,
    failed,
    ...completion,
    ...pause,
    ...modulesOf(enrichments, state, completion.decision),
    reasonCodes,
    advice: adviceFor(reasonCodes, table),
    risk: marksFraud(reasonCodes, table),
    failedSteps: failedStepsOf(enrichments),
    ...blameOf(enrichments, answer.tags ?? []),
    ...auditOf(answer),
  });
}

/** `eval_status` or `evaluation_status`, one field under two names [doc]. What a failed execution shows is [open]. */
function lifecycleOf(answer: Answer): { state: Evaluation['state'] | undefined; failed: boolean } {
  const word = [answer.eval_status, answer.evaluation_status]
    .map((text) => text?.trim().toLowerCase())
    .find(Boolean);
  const known = lifecycle.safeParse(word).data;
  const state = known && stateWords[known];
  // `sub_status` is the customer's own text: "Verification failed" there is a decision in words.
  const says = [word, answer.status].some((text) => /fail|error/i.test(text ?? ''));
  const decided = state === 'completed' && decisionWord(answer.decision ?? '') !== undefined;
  const failed = says || (!decided && (saysError(answer.error) || saysError(answer.error_message)));
  return { state: state ?? (failed ? 'in_progress' : undefined), failed };
}

type Completion = Pick<Evaluation, 'decision' | 'unknownDecision' | 'decidedAt'>;

/** `decision` of a paused evaluation means nothing yet [doc]. */
function completionOf(answer: Answer): Completion {
  const word = decisionWord(answer.decision ?? '');
  const builtIn = verdictOf(word, {}).flags.length === 0;
  return {
    decision: word ?? unreadableDecision,
    unknownDecision: builtIn ? undefined : word,
    decidedAt: instant(answer.decision_at),
  };
}

type Audit = Pick<Evaluation, 'tags' | 'reviewQueues' | 'score' | 'workflow' | 'evalSource'>;

/** For routing and audit [doc]. `notes` is free text and stays out. */
function auditOf(answer: Answer): Audit {
  const name = label(answer.workflow);
  const version = label(answer.workflow_version);
  return {
    tags: labels(answer.tags, 50),
    reviewQueues: labels(answer.review_queues, 20),
    score: answer.score ?? undefined,
    workflow: name === undefined ? undefined : { name, ...(version === undefined ? {} : { version }) },
    evalSource: label(answer.eval_source),
  };
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

/** `enrichment_name` varies with the flow, the provider does not [doc]. */
function isDocumentRequest(one: Enrichment): boolean {
  return one.enrichment_provider === 'SocureDocRequest';
}

function isOpenDocumentRequest(one: Enrichment): boolean {
  const status = one.response?.status;
  return (
    isDocumentRequest(one) && !(typeof status === 'string' && status.toUpperCase() === 'SESSION_COMPLETE')
  );
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
  | 'reviewedReference'
  | 'documentResult'
  | 'documentType'
  | 'documentCountry'
  | 'documentState'
  | 'previousReferenceId'
  | 'moduleDecision'
  | 'digitalIntelligenceDecision'
>;

function modulesOf(
  enrichments: Enrichment[],
  state: Evaluation['state'],
  decision: string | undefined,
): Modules {
  const { module: documents, ...result } = documentResultOf(enrichments, decision);
  const selfie = enrichments.findLast((one) => one.response?.selfieReverification);
  const comparison = selfie?.response?.selfieReverification;
  const device = enrichments.findLast((one) => one.response?.digitalIntelligence?.decision?.value);
  return {
    ...result,
    transactionToken: tokenOf(result, enrichments.filter(isDocumentRequest), state),
    previousReferenceId: comparison?.previousReferenceId ?? undefined,
    moduleDecision: moduleWord(comparison?.decision?.value ?? documents?.decision?.value),
    digitalIntelligenceDecision: moduleWord(
      comparison?.digitalIntelligence?.decision?.value ??
        documents?.digitalIntelligence?.decision?.value ??
        device?.response?.digitalIntelligence?.decision?.value,
    ),
  };
}

/** Of a capture that is under way, for the hand-off; then of the accepted result, or of the only capture there was. */
function tokenOf(
  { documentResult, transactionToken }: DocumentResult,
  requests: Enrichment[],
  state: Evaluation['state'],
): string | undefined {
  const requested = requests.at(-1)?.response?.data?.docvTransactionToken ?? undefined;
  if (state !== 'completed') return requested ?? transactionToken;
  return transactionToken ?? (documentResult === 'accepted' && requests.length === 1 ? requested : undefined);
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

/** Without the keys whose value is undefined, so that equal evaluations have equal JSON and equal objects. */
function present(evaluation: Evaluation): Evaluation {
  const {
    evaluationId,
    evalId,
    state,
    failed,
    reasonCodes,
    advice,
    risk,
    failedSteps,
    technical,
    tags,
    reviewQueues,
    ...optional
  } = evaluation;
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    evaluationId,
    evalId,
    state,
    failed,
    ...given,
    reasonCodes,
    advice,
    risk,
    failedSteps,
    technical,
    tags,
    reviewQueues,
  };
}
