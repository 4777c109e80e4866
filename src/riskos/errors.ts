import type { Processed, RiskosProblem } from '../contract/index.ts';

/** Whose doing it is, and so who can end it. */
export type Fault = 'candidate' | 'setup' | 'riskos';

interface Meaning {
  /** What happened, as the beginning of the message. */
  what: string;
  fault: Fault;
  /** Whether the same request can succeed later without anybody doing anything. */
  retryable: boolean;
  /** What a person should do. */
  action: string;
}

/** The documented words for what can go wrong with RiskOS, and what each of them means. */
export const riskosProblems: Record<RiskosProblem, Meaning> = {
  InvalidSettings: {
    what: 'the settings of the RiskOS client are wrong',
    fault: 'setup',
    retryable: false,
    action: 'correct the named settings',
  },
  InvalidRequest: {
    what: 'the request is incomplete or wrong and was not sent',
    fault: 'candidate',
    retryable: false,
    action: 'correct the named fields',
  },
  DataRefused: {
    what: 'RiskOS refused the data of the request',
    fault: 'candidate',
    retryable: false,
    action:
      'correct the named fields; when none is named, compare the request with the input of the RiskOS workflow',
  },
  AuthenticationFailed: {
    what: 'RiskOS refused the API key',
    fault: 'setup',
    retryable: false,
    action:
      'check that the key is complete, has no text around it and belongs to this environment (Sandbox and Production have their own)',
  },
  PermissionDenied: {
    what: 'the API key may not do this',
    fault: 'setup',
    retryable: false,
    action: 'check in the RiskOS dashboard that the key has the permission and that the account is activated',
  },
  WorkflowNotFound: {
    what: 'RiskOS does not know the workflow',
    fault: 'setup',
    retryable: false,
    action: 'compare the configured workflow name with the RiskOS dashboard of this environment',
  },
  WorkflowNotPublished: {
    what: 'the RiskOS workflow is not published',
    fault: 'setup',
    retryable: false,
    action: 'publish the workflow in the RiskOS dashboard of this environment',
  },
  NotFound: {
    what: 'RiskOS does not know what was asked for',
    fault: 'setup',
    retryable: false,
    action:
      'check the base URL, and that the key belongs to the environment in which the evaluation was made',
  },
  RequestRefused: {
    what: 'RiskOS refused the request',
    fault: 'setup',
    retryable: false,
    action: 'check the base URL and the pinned API version',
  },
  RateLimited: {
    what: 'RiskOS takes no more requests for now',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, lower the rate of requests or ask Socure for a higher limit',
  },
  ServerError: {
    what: 'RiskOS failed',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, ask Socure',
  },
  Unreachable: {
    what: 'RiskOS cannot be reached',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, check the base URL, DNS, proxy and firewall',
  },
  InsecureConnection: {
    what: 'no secure connection to RiskOS can be made',
    fault: 'setup',
    retryable: false,
    action:
      'check the base URL, and that the certificate authorities of this machine know that of the server',
  },
  TimedOut: {
    what: 'RiskOS did not answer in time',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, ask Socure',
  },
  ConnectionLost: {
    what: 'the connection to RiskOS broke before the answer was complete',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, check the network',
  },
  // A cancellation is no fault: the same request may be sent again, and no person has to correct anything.
  Cancelled: {
    what: 'the call was cancelled, or the client closed',
    fault: 'riskos',
    retryable: true,
    action: 'nothing',
  },
  Redirected: {
    what: 'RiskOS answered with a redirect, which is not followed because it would carry the API key elsewhere',
    fault: 'setup',
    retryable: false,
    action: 'check the base URL',
  },
  MalformedAnswer: {
    what: 'the answer is not what RiskOS is documented to send',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, check the base URL and any proxy before it',
  },
  IncompleteAnswer: {
    what: 'the answer lacks what the next step needs',
    fault: 'riskos',
    retryable: true,
    action: 'look at the evaluation in the RiskOS dashboard, and at the steps of its workflow',
  },
  ErrorInAnswer: {
    what: 'the answer says success but holds an error',
    fault: 'riskos',
    retryable: true,
    action: 'nothing; if it lasts, ask Socure',
  },
  OversizedAnswer: {
    what: 'the answer is larger than allowed and was dropped',
    fault: 'setup',
    retryable: false,
    action: 'look at the evaluation in the RiskOS dashboard, and raise the limit if it is right',
  },
  EncodedAnswer: {
    what: 'the answer is compressed although that was declined',
    fault: 'setup',
    retryable: false,
    action: 'check the base URL and any proxy before it',
  },
  WrongEnvironment: {
    what: 'the answer comes from another RiskOS environment than the configured one',
    fault: 'setup',
    retryable: false,
    action: 'make base URL, API key and environment (Sandbox or Production) agree',
  },
  WrongEvaluation: {
    what: 'the answer is about another evaluation than the one asked for',
    fault: 'riskos',
    retryable: false,
    action: 'look at the evaluation in the RiskOS dashboard, and ask Socure',
  },
  InvalidWebhook: {
    what: 'the body is no RiskOS webhook',
    fault: 'riskos',
    retryable: false,
    action: 'check who sends to this address',
  },
};

/** Nothing was sent to RiskOS. */
const unsent: readonly RiskosProblem[] = [
  'InvalidSettings',
  'InvalidRequest',
  'InvalidWebhook',
  'Unreachable',
  'InsecureConnection',
];

export interface RiskosErrorDetails {
  /** HTTP status of the answer, if there was one. */
  status?: number | undefined;
  /** `perhaps` when absent, unless an error of this type means that nothing was sent. */
  processed?: Processed | undefined;
  /** Milliseconds. */
  retryAfter?: number | undefined;
  /** Instead of the usual one of this type. */
  fault?: Fault | undefined;
  fields?: string[] | undefined;
  /** RiskOS's error code. */
  code?: string | undefined;
  evalId?: string | undefined;
  /** Which call it was, such as "POST /api/evaluation". */
  call?: string | undefined;
  /** A few words that make it more exact. Never a value of the request or the answer. */
  note?: string | undefined;
  cause?: unknown;
}

/** Any failure of a call to RiskOS, and of reading what RiskOS sent. Its message holds no PII and no secret. */
export class RiskosError extends Error {
  override readonly name = 'RiskosError';
  readonly type: RiskosProblem;
  readonly status: number | undefined;
  /** Of a POST or PATCH: whether RiskOS processed it. A GET changes nothing, so it is `no`. */
  readonly processed: Processed;
  /** Whether the same request can succeed later without anybody doing anything. */
  readonly retryable: boolean;
  /** How long RiskOS asks to wait, in milliseconds; at most an hour. */
  readonly retryAfter: number | undefined;
  readonly fault: Fault;
  /** What a person should do. */
  readonly action: string;
  /** The fields it is about, as we name them; never a value. */
  readonly fields: string[];
  /** RiskOS's own error code, such as "WORKFLOW_NOT_FOUND". */
  readonly code: string | undefined;
  /**
   * The evaluation that the answer names although the call failed, so that it can be read instead of made again. It
   * belongs to the request only where `processed` is `yes`; a reading shows it otherwise.
   */
  readonly evalId: string | undefined;

  constructor(type: RiskosProblem, details: RiskosErrorDetails = {}) {
    super(messageOf(type, details), details.cause === undefined ? {} : { cause: details.cause });
    const meaning = riskosProblems[type];
    this.type = type;
    this.status = details.status;
    this.processed = details.processed ?? (unsent.includes(type) ? 'no' : 'perhaps');
    this.retryable = meaning.retryable;
    this.retryAfter = details.retryAfter;
    this.fault = details.fault ?? meaning.fault;
    this.action = meaning.action;
    this.fields = details.fields ?? [];
    this.code = details.code;
    this.evalId = details.evalId;
  }
}

function messageOf(type: RiskosProblem, details: RiskosErrorDetails): string {
  const { call, status, code, fields = [], note } = details;
  const where = [call, status === undefined ? undefined : `HTTP ${status}`, code].filter(Boolean).join(', ');
  return [
    riskosProblems[type].what,
    where && ` (${where})`,
    note && `: ${note}`,
    fields.length > 0 && !note && `: ${fields.join(', ')}`,
  ]
    .filter(Boolean)
    .join('');
}
