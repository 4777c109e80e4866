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
  )
  .meta({ description: "The candidate's new or changed fields, at least one.", minProperties: 1 });
const by = lineOf(200).describe('Who sends it: the name of a person or a system.');
const why = proseOf(1000).describe('Why; no personal data of the candidate.');
/** Every update may say who sends it. */
const sender = { by: by.optional() };

const codePattern = /^[0-9]{4,10}$/;
const oneTimeCode = z
  .string()
  .trim()
  .refine((text) => codePattern.test(text), 'must be 4 to 10 digits')
  .meta({ description: 'The code, 4 to 10 digits.', pattern: codePattern.source });

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

/** Every update: its schema, whose description Temporal's UI shows, and the stages in which it is possible. */
export const updates = {
  requestDocuments: {
    schema: z
      .strictObject({ ...session, ...sender })
      .describe('Starts document verification: the candidate gets a capture link.'),
    stages: ['awaiting_document_request'],
  },
  requestReverification: {
    schema: z
      .strictObject({
        ...session,
        reason: z
          .enum(['first_day', 'high_risk_action', 'account_recovery', 'periodic'])
          .optional()
          .describe('Why the selfie is asked for.'),
        ...sender,
      })
      .describe('Starts a selfie reverification against the accepted documents.'),
    stages: ['verified'],
  },
  submitOneTimeCode: {
    schema: z
      .strictObject({ code: oneTimeCode, ...sender })
      .describe('Sends RiskOS the one-time code that the candidate received.'),
    stages: evaluatedStages,
  },
  resendOneTimeCode: {
    schema: z
      .strictObject({ ...sender })
      .describe('Asks RiskOS to send the candidate another one-time code.'),
    stages: evaluatedStages,
  },
  provideInformation: {
    schema: z
      .strictObject({ candidate: better, ...sender })
      .describe("Sends RiskOS more of the candidate's data, when RiskOS waits for it."),
    stages: evaluatedStages,
  },
  requestPayrollSetup: {
    schema: z
      .strictObject({
        ...session,
        candidate: payrollCandidate
          .default({})
          .describe('Fields of the candidate that payroll set-up needs and the funnel does not have.'),
        ...sender,
      })
      .describe(
        'Starts the passive checks of payroll set-up, which need address, date of birth and national id.',
      ),
    stages: ['verified'],
  },
  review: {
    schema: z
      .strictObject({
        verdict: z.enum(['accept', 'reject', 'resubmit']).describe('The decision.'),
        by,
        reason: why,
      })
      .describe("Settles an open review by a person's decision at HR."),
    stages: ['review'],
  },
  readNow: {
    schema: z
      .strictObject({ ...sender })
      .describe('Reads RiskOS now, for example when a webhook may be lost.'),
    stages: [...evaluatedStages, 'review', 'needs_attention'],
  },
  correct: {
    schema: z
      .strictObject({ candidate: better, ...sender })
      .describe("Corrects the candidate's data after RiskOS refused the request, and resumes the funnel."),
    stages: ['needs_attention'],
  },
  retry: {
    schema: z
      .strictObject({ ...sender })
      .describe('Resumes the funnel where it stopped, after the cause has been fixed.'),
    stages: ['needs_attention'],
  },
  withdraw: {
    schema: z
      .strictObject({ reason: why.optional(), ...sender })
      .describe('Closes the funnel because the candidate or HR withdraws.'),
    stages: open,
  },
  complete: {
    schema: z.strictObject({ ...sender }).describe('Closes the funnel because HR no longer needs it.'),
    stages: ['verified'],
  },
} as const satisfies Record<string, { schema: z.ZodType; stages: readonly Stage[] }>;

export type UpdateName = keyof typeof updates;
/** An update as it arrives in the workflow: validated. */
export type UpdateMessage<Name extends UpdateName> = z.output<(typeof updates)[Name]['schema']>;
export type UpdateInput<Name extends UpdateName> = z.input<(typeof updates)[Name]['schema']>;

export function updatesPossibleIn(stage: Stage): UpdateName[] {
  return updateNames.filter((name) => updates[name].stages.some((possible) => possible === stage));
}

/** The names of {@link updates}, in the same order. */
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
