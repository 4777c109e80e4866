import { z } from 'zod';
import { candidate } from './application.ts';
import type { Stage } from './words.ts';

/** What may have changed since the last evaluation: the candidate's browser session and device. */
const session = candidate
  .pick({ diSessionToken: true, ipAddress: true, externalDevice: true })
  .partial().shape;
const better = candidate
  .partial()
  .refine((fields) => Object.values(fields).some((value) => value !== undefined), 'names no field');
const who = z.string().min(1).max(200);
const why = z.string().min(1).max(1000);

/** The stages in which an evaluation is under way. */
const evaluated: readonly Stage[] = [
  'passive_check',
  'document_verification',
  'selfie_reverification',
  'payroll_setup',
];

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
    schema: z.strictObject({ ...session }),
    stages: ['awaiting_document_request'],
  },
  /** A selfie is wanted, compared with the accepted documents. */
  requestReverification: {
    schema: z.strictObject({
      ...session,
      reason: z.enum(['first_day', 'high_risk_action', 'account_recovery', 'periodic']).optional(),
    }),
    stages: ['verified'],
  },
  /** The code that the candidate got, when RiskOS waits for one. */
  submitOneTimeCode: {
    schema: z.strictObject({ code: z.string().regex(/^\d{4,10}$/, 'must be 4 to 10 digits') }),
    stages: evaluated,
  },
  /** Another code for the candidate. */
  resendOneTimeCode: { schema: z.strictObject({}), stages: evaluated },
  /** What RiskOS misses of the candidate, when it waits for more information. */
  provideInformation: {
    schema: z.strictObject({ candidate: better }),
    stages: evaluated,
  },
  /** The passive checks of payroll, which need more of the candidate's data than the earlier ones. */
  requestPayrollSetup: {
    schema: z.strictObject({
      ...session,
      candidate: candidate.pick({ address: true, dateOfBirth: true, nationalId: true }).partial().default({}),
    }),
    stages: ['verified'],
  },
  /** HR's own decision on an open review. */
  review: {
    schema: z.strictObject({ verdict: z.enum(['accept', 'reject', 'resubmit']), by: who, reason: why }),
    stages: ['review'],
  },
  /** Better data of the candidate, after RiskOS refused the request. */
  correct: {
    schema: z.strictObject({ candidate: better }),
    stages: ['needs_attention'],
  },
  /** The cause has been removed: go on where the funnel stopped. */
  retry: { schema: z.strictObject({}), stages: ['needs_attention'] },
  /** The candidate or HR gives up. */
  withdraw: { schema: z.strictObject({ reason: why.optional() }), stages: open },
  /** HR needs this funnel no longer. */
  complete: { schema: z.strictObject({}), stages: ['verified'] },
} as const satisfies Record<string, { schema: z.ZodType; stages: readonly Stage[] }>;

export type UpdateName = keyof typeof updates;
export type UpdateInput<Name extends UpdateName> = z.input<(typeof updates)[Name]['schema']>;

export function updatesPossibleIn(stage: Stage): UpdateName[] {
  return updateNames.filter((name) => updates[name].stages.some((possible) => possible === stage));
}

export const updateNames: readonly UpdateName[] = [
  'requestDocuments',
  'requestReverification',
  'requestPayrollSetup',
  'submitOneTimeCode',
  'resendOneTimeCode',
  'provideInformation',
  'review',
  'correct',
  'retry',
  'withdraw',
  'complete',
];

export const workflowType = 'candidateFunnel';
export const riskosEventSignal = 'riskosEvent';
export const imagesSignal = 'imagesSettled';
export const statusQuery = 'status';
export const timelineQuery = 'timeline';
