import { z } from 'zod';
import { externalDevice } from './external-device.ts';
import { applicationId } from './ids.ts';
import { policy } from './policy.ts';
import type { UseCase } from './words.ts';

const line = z.string().min(1).max(240);

export const address = z.strictObject({
  line1: line.optional(),
  line2: line.optional(),
  locality: line.optional(),
  minorAdminDivision: line.optional(),
  majorAdminDivision: line.optional(),
  country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "US"'),
  postalCode: z.string().min(1).max(20).optional(),
});

/** The person, as RiskOS needs them. Everything here is PII: it never leaves the workflow's payloads. */
export const candidate = z.strictObject({
  givenName: line,
  familyName: line,
  email: z.email({ error: 'must be an e-mail address' }).max(254),
  phoneNumber: z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be E.164, such as "+14155550100"'),
  /** Socure's Digital Intelligence session token of the candidate's browser. */
  diSessionToken: z.string().min(1).max(8192),
  address: address.optional(),
  dateOfBirth: z.iso.date({ error: 'must be YYYY-MM-DD' }).optional(),
  nationalId: z.string().min(1).max(64).optional(),
  ipAddress: z.union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' }).optional(),
  externalDevice: externalDevice.optional(),
});
export type Candidate = z.output<typeof candidate>;

/** What a later selfie reverification is compared with: RiskOS's `referenceId` of accepted documents. */
export const baseline = z.strictObject({
  referenceId: z.string().min(1).max(200),
  /** The `docvTransactionToken` of the same evaluation. */
  transactionToken: z.string().min(1).max(200).optional(),
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
      .record(z.string().max(64), z.union([z.string().max(1024), z.number(), z.boolean()]))
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
