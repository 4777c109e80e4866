/** Why a payload cannot be encrypted or decrypted, or a key not be had, and what a person should do. */
export const codecProblems = {
  /** The store answers, and has no key of this application. */
  KeyMissing: {
    final: false,
    action:
      'check KEY_STORE_URL: it must be the store in which the application’s key was made; restore it if it was lost',
  },
  /** The application was forgotten on request; its key is gone for good. */
  KeyForgotten: {
    final: true,
    action:
      'give the candidate a new application id; where a worker says so, a workflow of it is left: repeat "candidate-funnel forget"',
  },
  /** None of the identities opens the key, or its object was changed. */
  KeyUnreadable: {
    final: false,
    action:
      'check PAYLOAD_IDENTITY_FILE: it must hold an identity for which the key was wrapped; "candidate-funnel keys check" names the keys',
  },
  KeyStoreUnavailable: { final: false, action: 'check that the store that KEY_STORE_URL names is reachable' },
  /** The payload was changed, or encrypted with another key than it says. */
  PayloadTampered: { final: true, action: 'find out who changed the data in Temporal, and restore it' },
  /** The payload belongs to another workflow or namespace. */
  PayloadMisplaced: { final: true, action: 'find out who copied data from one workflow to another' },
  /** It is encrypted in a way that this release does not know. */
  PayloadUnknown: { final: false, action: 'run the release that wrote it, or a newer one' },
  /** A workflow id of another form has no application, and so no key. */
  NoApplication: { final: true, action: 'start funnels under the workflow id funnel-{applicationId}' },
  InvalidRecipient: {
    final: true,
    action: 'set PAYLOAD_RECIPIENTS to age public keys (age1…), separated by commas',
  },
  InvalidIdentity: {
    final: true,
    action: 'let PAYLOAD_IDENTITY_FILE name a file of age secret keys, one a line, as age-keygen writes them',
  },
} as const satisfies Record<string, { final: boolean; action: string }>;
export type CodecProblem = keyof typeof codecProblems;

/** Whatever goes wrong with keys and encrypted payloads. The message names the application and holds no value. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly type: CodecProblem;

  constructor(type: CodecProblem, what: string, options?: ErrorOptions) {
    super(`${what}; ${codecProblems[type].action}`, options);
    this.type = type;
  }
}

/** For what must go on without a record that cannot be read: `undefined` in place of it. */
export function ignoreUnreadable(error: unknown): undefined {
  if (error instanceof CodecError && error.type === 'KeyUnreadable') return undefined;
  throw error;
}
