import type { NoticeProblem } from '../contract/index.ts';

interface Meaning {
  /** What happened, as the beginning of the message. */
  what: string;
  /** Whether the same notice can be taken later without anybody doing anything. */
  retryable: boolean;
  /** What a person should do. */
  action: string;
}

/** What each word for a notice that was not taken means. */
export const noticeProblems: Record<NoticeProblem, Meaning> = {
  Redirected: {
    what: 'NOTIFY_URL answers with a redirect, which is not followed',
    retryable: false,
    action: 'set NOTIFY_URL to the address that it redirects to',
  },
  SignatureRefused: {
    what: 'the receiver refuses the signature',
    retryable: false,
    action: 'give the receiver one of NOTIFY_SECRETS, and check that its clock is right',
  },
  NotFound: {
    what: 'the receiver has nothing at NOTIFY_URL',
    retryable: false,
    action: 'check the path of NOTIFY_URL',
  },
  Gone: {
    what: 'the receiver wants no notices any more',
    retryable: false,
    action: "set NOTIFY_URL to HR's present receiver, or unset it",
  },
  TooLarge: {
    what: 'the notice is too large for the receiver',
    retryable: false,
    action: 'raise the limit of the receiver',
  },
  Refused: {
    what: 'the receiver refuses the notice',
    retryable: false,
    action: 'look into the log of the receiver; it must answer 2xx to each notice with a right signature',
  },
  Busy: {
    what: 'the receiver takes no more notices for now',
    retryable: true,
    action: 'nothing; if it lasts, raise the limits of the receiver',
  },
  ServerError: {
    what: 'the receiver failed',
    retryable: true,
    action: 'nothing; if it lasts, look into the log of the receiver',
  },
  Unreachable: {
    what: 'the receiver cannot be reached',
    retryable: true,
    action: 'nothing; if it lasts, check NOTIFY_URL, DNS, proxy and firewall',
  },
  InsecureConnection: {
    what: 'no secure connection to the receiver can be made',
    retryable: true,
    action: "check the receiver's certificate; a private authority is named by NODE_EXTRA_CA_CERTS",
  },
  TimedOut: {
    what: 'the receiver did not answer in time',
    retryable: true,
    action: 'nothing; if it lasts, let the receiver answer before it works on a notice',
  },
  ConnectionLost: {
    what: 'the connection to the receiver broke before it answered',
    retryable: true,
    action: 'nothing; if it lasts, check the network',
  },
  MalformedAnswer: {
    what: 'the receiver does not speak HTTP',
    retryable: true,
    action: 'check the port of NOTIFY_URL',
  },
  Cancelled: {
    what: 'the worker stops',
    retryable: true,
    action: 'nothing',
  },
};

interface NotifyErrorDetails {
  /** HTTP status of the answer, if there was one. */
  status?: number | undefined;
  /** Milliseconds. */
  retryAfter?: number | undefined;
  /** A few words that make it more exact. Never a value of the notice or the answer. */
  note?: string | undefined;
}

/** HR's system did not take a notice. The message holds no PII and no secret. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
  readonly type: NoticeProblem;
  readonly status: number | undefined;
  readonly retryable: boolean;
  /** How long the receiver asks to wait, in milliseconds; at most an hour. */
  readonly retryAfter: number | undefined;
  /** What a person should do. */
  readonly action: string;

  constructor(type: NoticeProblem, { status, retryAfter, note }: NotifyErrorDetails = {}) {
    const { what, retryable, action } = noticeProblems[type];
    super(
      [what, status === undefined ? '' : ` (HTTP ${status})`, note === undefined ? '' : `: ${note}`].join(''),
    );
    this.type = type;
    this.status = status;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
    this.action = action;
  }
}
