import { z } from 'zod';
import { candidate } from './application.ts';
import { lineOf, proseOf } from './text.ts';
import { evaluatedStages, type Stage } from './words.ts';

/** What may have changed since the last evaluation: the candidate's browser session and device. */
const session = candidate
  .pick({ diSessionToken: true, ipAddress: true, externalDevice: true })
  .partial().shape;
const better = candidate
  .partial()
  .refine(
    (fields) => Object.values(fields).some((value) => value !== undefined),
    'must have at least one field',
  );
/** Who asks for it: a person or a system, as the caller names them. */
const by = lineOf(200);
const why = proseOf(1000);
/** Every update may say who sends it. */
const sender = { by: by.optional() };

const oneTimeCode = z
  .string()
  .trim()
  .refine((text) => /^[0-9]{4,10}$/.test(text), 'must be 4 to 10 digits');

/** What the checks of payroll need beyond the application. */
export const payrollCandidate = candidate
  .pick({ address: true, dateOfBirth: true, nationalId: true })
  .partial();

const open: readonly Stage[] = [
  'passive_check',
  'awaiting_document_request',
  'document_verification',
  'review',
  'verified',
  'selfie_reverification',
  'payroll_setup',
  'needs_attention',
];

/** Every update: its schema, and the stages in which it is possible. */
export const updates = {
  /** Documents are wanted now: the candidate gets a capture link. */
  requestDocuments: {
    schema: z.strictObject({ ...session, ...sender }),
    stages: ['awaiting_document_request'],
  },
  /** A selfie is wanted, compared with the accepted documents. */
  requestReverification: {
    schema: z.strictObject({
      ...session,
      reason: z.enum(['first_day', 'high_risk_action', 'account_recovery', 'periodic']).optional(),
      ...sender,
    }),
    stages: ['verified'],
  },
  /** The code that the candidate got, when RiskOS waits for one. */
  submitOneTimeCode: {
    schema: z.strictObject({ code: oneTimeCode, ...sender }),
    stages: evaluatedStages,
  },
  /** Another code for the candidate. */
  resendOneTimeCode: { schema: z.strictObject({ ...sender }), stages: evaluatedStages },
  /** What RiskOS misses of the candidate, when it waits for more information. */
  provideInformation: {
    schema: z.strictObject({ candidate: better, ...sender }),
    stages: evaluatedStages,
  },
  /** The passive checks of payroll, which need more of the candidate's data than the earlier ones. */
  requestPayrollSetup: {
    schema: z.strictObject({
      ...session,
      candidate: payrollCandidate.default({}),
      ...sender,
    }),
    stages: ['verified'],
  },
  /** HR's own decision on an open review. */
  review: {
    schema: z.strictObject({ verdict: z.enum(['accept', 'reject', 'resubmit']), by, reason: why }),
    stages: ['review'],
  },
  /** RiskOS is read now, for an operator who believes that a webhook was lost. */
  readNow: {
    schema: z.strictObject({ ...sender }),
    stages: [...evaluatedStages, 'review', 'needs_attention'],
  },
  /** Better data of the candidate, after RiskOS refused the request. */
  correct: {
    schema: z.strictObject({ candidate: better, ...sender }),
    stages: ['needs_attention'],
  },
  /** The cause has been removed: go on where the funnel stopped. */
  retry: { schema: z.strictObject({ ...sender }), stages: ['needs_attention'] },
  /** The candidate or HR gives up. */
  withdraw: { schema: z.strictObject({ reason: why.optional(), ...sender }), stages: open },
  /** HR needs this funnel no longer. */
  complete: { schema: z.strictObject({ ...sender }), stages: ['verified'] },
} as const satisfies Record<string, { schema: z.ZodType; stages: readonly Stage[] }>;

export type UpdateName = keyof typeof updates;
/** An update as it arrives in the workflow: validated. */
export type UpdateMessage<Name extends UpdateName> = z.output<(typeof updates)[Name]['schema']>;
export type UpdateInput<Name extends UpdateName> = z.input<(typeof updates)[Name]['schema']>;

export function updatesPossibleIn(stage: Stage): UpdateName[] {
  return updateNames.filter((name) => updates[name].stages.some((possible) => possible === stage));
}

/** In the order of {@link updates}. */
export const updateNames: readonly UpdateName[] = names(updates);

function names<Name extends string>(record: Record<Name, unknown>): Name[] {
  const found: Name[] = [];
  for (const name in record) found.push(name);
  return found;
}

export const workflowType = 'candidateFunnel';
export const riskosEventSignal = 'riskosEvent';
export const imagesSignal = 'imagesSettled';
/** To the retention workflow: report the result once more. */
export const imagesReport = 'reportImages';
export const statusQuery = 'status';
export const timelineQuery = 'timeline';
