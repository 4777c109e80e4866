import { z } from 'zod';
import { externalDevice } from './external-device.ts';
import { isCountry } from './countries.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { email } from './email.ts';
import { applicationId } from './ids.ts';
import { ipAddress } from './ip-address.ts';
import { policy } from './policy.ts';
import { lineOf, nameOf } from './text.ts';
import type { UseCase } from './words.ts';

const line = lineOf(240);

export const address = z.strictObject({
  line1: line.optional(),
  line2: line.optional(),
  locality: line.optional(),
  minorAdminDivision: line.optional(),
  majorAdminDivision: line.optional(),
  country: z
    .string()
    .trim()
    .refine(isCountry, 'must be an ISO 3166-1 alpha-2 code in capital letters, such as "US" or "GB"'),
  postalCode: lineOf(20).optional(),
});

/** The person, as RiskOS needs them. Everything here is PII: it never leaves the workflow's payloads. */
export const candidate = z.strictObject({
  /** A person with one name has it as `familyName`, and "-" here. */
  givenName: nameOf(240, '-'),
  familyName: nameOf(240),
  email,
  phoneNumber: z
    .string()
    .trim()
    .refine((text) => /^\+[1-9][0-9]{6,14}$/.test(text), 'must be E.164, such as "+14155550100"'),
  /** Socure's Digital Intelligence session token of the candidate's browser. */
  diSessionToken: lineOf(8192),
  address: address.optional(),
  dateOfBirth: dateOfBirth.optional(),
  nationalId: lineOf(64).optional(),
  ipAddress: ipAddress.optional(),
  externalDevice: externalDevice.optional(),
});
export type Candidate = z.output<typeof candidate>;

/** What a later selfie reverification is compared with: RiskOS's `referenceId` of accepted documents. */
export const baseline = z.strictObject({
  referenceId: lineOf(200),
  /** The `docvTransactionToken` of the same evaluation. */
  transactionToken: lineOf(200).optional(),
});
export type Baseline = z.output<typeof baseline>;

type CandidateField = keyof Candidate;

/** What each use case needs beyond the fields that {@link candidate} always requires [doc]. */
export const requiredFields: Record<UseCase, readonly CandidateField[]> = {
  passive: ['address'],
  document_verification: [],
  selfie_reverification: [],
  payroll_setup: ['address', 'dateOfBirth', 'nationalId'],
  contractor_onboarding: ['address', 'dateOfBirth', 'nationalId'],
};

export function missingFields(useCase: UseCase, person: Candidate): CandidateField[] {
  return requiredFields[useCase].filter((field) => person[field] === undefined);
}

const customWords = 'must be text of at most 1024 characters, a number, or true or false';

function isCustomName(text: string): boolean {
  return text.length <= 64 && !/\p{Surrogate}/u.test(text);
}

function isCustomText(text: string): boolean {
  return text.length <= 1024 && !/\p{Surrogate}/u.test(text);
}

/**
 * The start argument of the workflow `candidateFunnel`: one candidate for one job. Plain JSON, so that any
 * Temporal client can start a funnel with it. `custom` is passed to RiskOS as `data.custom`.
 */
export const application = z
  .strictObject({
    applicationId,
    candidate,
    useCase: z.enum(['passive', 'contractor_onboarding']).default('passive'),
    custom: z
      .record(
        z.string().refine(isCustomName, 'must be text of at most 64 characters'),
        z.union([z.string().refine(isCustomText, customWords), z.number(), z.boolean()], customWords),
      )
      .refine((custom) => Object.keys(custom).length <= 50, 'must have at most 50 entries')
      .default({}),
    /**
     * The reference of documents that were accepted elsewhere, before this funnel or outside it: with it the funnel starts
     * at `verified`.
     */
    baseline: baseline.optional(),
    policy: policy.prefault({}),
  })
  .superRefine((value, context) => {
    if (value.baseline) return;
    for (const field of missingFields(value.useCase, value.candidate)) {
      context.addIssue({
        code: 'custom',
        path: ['candidate', field],
        message: `is required for the use case ${value.useCase}`,
      });
    }
  });

/** As an HR system writes it: everything that has a default may be absent. */
export type ApplicationInput = z.input<typeof application>;
/** As the funnel keeps it: validated and complete. */
export type Application = z.output<typeof application>;
