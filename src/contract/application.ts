import { z } from 'zod';
import { externalDevice } from './external-device.ts';
import { countries, isCountry } from './countries.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { email } from './email.ts';
import { applicationId } from './ids.ts';
import { ipAddress } from './ip-address.ts';
import { policy } from './policy.ts';
import { lineOf, nameOf } from './text.ts';
import type { UseCase } from './words.ts';

const line = lineOf(240);

const phone = /^\+[1-9][0-9]{6,14}$/;

export const address = z.strictObject({
  line1: line.optional().describe('Street and house number.'),
  line2: line.optional().describe('Flat, unit or floor.'),
  locality: line.optional().describe('City or town.'),
  minorAdminDivision: line.optional().describe('County or district.'),
  majorAdminDivision: line.optional().describe('State or province, such as "OR".'),
  country: z
    .string()
    .trim()
    .refine(isCountry, 'must be an ISO 3166-1 alpha-2 code in capital letters, such as "US" or "GB"')
    .meta({ description: 'The country, as an ISO 3166-1 alpha-2 code in capital letters.', enum: countries }),
  postalCode: lineOf(20).optional().describe('ZIP or postal code.'),
});

/** The person, as RiskOS needs them. Everything here is PII: it never leaves the workflow's payloads. */
export const candidate = z.strictObject({
  givenName: nameOf(240, '-').describe(
    'Given name; a person with one name has it as `familyName`, and "-" here.',
  ),
  familyName: nameOf(240).describe('Family name.'),
  email: email.describe('E-mail address, with ASCII letters before the @.'),
  phoneNumber: z
    .string()
    .trim()
    .refine((text) => phone.test(text), 'must be E.164, such as "+14155550100"')
    .meta({ description: 'Phone number in E.164, such as "+14155550100".', pattern: phone.source }),
  diSessionToken: lineOf(8192).describe(
    "Socure's Digital Intelligence session token of the candidate's browser.",
  ),
  address: address.optional().describe('Home address.'),
  dateOfBirth: dateOfBirth.optional().describe('Date of birth, YYYY-MM-DD.'),
  nationalId: lineOf(64).optional().describe('National id, such as a US Social Security number.'),
  ipAddress: ipAddress.optional().describe("IPv4 or IPv6 address of the candidate's device."),
  externalDevice: externalDevice
    .optional()
    .describe("Device data of a third-party provider, in place of Socure's Digital Intelligence [doc]."),
});
export type Candidate = z.output<typeof candidate>;

/** What a later selfie reverification is compared with: RiskOS's `referenceId` of accepted documents. */
export const baseline = z.strictObject({
  referenceId: lineOf(200).describe("RiskOS's `referenceId` of the accepted document result."),
  transactionToken: lineOf(200).optional().describe('The `docvTransactionToken` of the same evaluation.'),
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
    candidate: candidate.describe("The person: personal data, which never leaves the workflow's payloads."),
    useCase: z
      .enum(['passive', 'contractor_onboarding'])
      .default('passive')
      .describe(
        'What the passive check asks of RiskOS; it decides which fields of the candidate are required.',
      ),
    custom: z
      .record(
        z.string().refine(isCustomName, 'must be text of at most 64 characters'),
        z.union([z.string().refine(isCustomText, customWords), z.number(), z.boolean()], customWords),
      )
      .refine((custom) => Object.keys(custom).length <= 50, 'must have at most 50 entries')
      .meta({ maxProperties: 50, propertyNames: { maxLength: 64 } })
      .default({})
      .describe(
        'Passed to RiskOS as `data.custom`: at most 50 entries, with names of up to 64 and text of up to 1024 characters.',
      ),
    baseline: baseline
      .optional()
      .describe(
        'The reference of documents that were accepted before this funnel or outside it; with it the funnel starts at `verified`.',
      ),
    policy: policy
      .prefault({})
      .describe('The settings of this funnel, fixed at its start; each has a default.'),
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
  })
  .meta({
    title: 'Application',
    description: 'The start argument of the workflow `candidateFunnel`: one candidate for one job.',
    allOf: (['passive', 'contractor_onboarding'] as const).map(requirement),
  });

/** The fields that a use case requires, in words of JSON Schema: a baseline, or another use case, or the fields. */
function requirement(useCase: 'passive' | 'contractor_onboarding'): object {
  const another = { properties: { useCase: { not: { const: useCase } } } };
  return {
    anyOf: [
      { required: ['baseline'] },
      // Without a use case it is a passive check.
      useCase === 'passive' ? { ...another, required: ['useCase'] } : another,
      { properties: { candidate: { required: requiredFields[useCase] } } },
    ],
  };
}

/** As an HR system writes it: everything that has a default may be absent. */
export type ApplicationInput = z.input<typeof application>;
/** As the funnel keeps it: validated and complete. */
export type Application = z.output<typeof application>;
