import { z } from 'zod';
import { application, candidate, describeIssues, redirect, riskosId, useCases } from '../contract/index.ts';
import { RiskosError } from './errors.ts';

/** An id of ours: opaque, without PII. */
export const opaqueId = z
  .string()
  .regex(/^[A-Za-z0-9._~:-]{1,200}$/, 'must be 1 to 200 of A-Z a-z 0-9 . _ ~ : -');

const documents = z.strictObject({
  /** Whether RiskOS sends the capture link by SMS. */
  sendMessage: z.boolean().optional(),
  /** RiskOS's default is en-us [doc]. */
  language: z.string().min(2).max(20).optional(),
  documentType: z.enum(['license', 'passport']).optional(),
  useCaseKey: z.string().min(1).max(100).optional(),
  /** Where the Capture App sends the candidate; also after a cancel [doc]. */
  redirect: redirect.optional(),
});

const common = {
  /** The request's `id`: a second POST with the same one is a re-run, not an idempotent replay [doc]. */
  evaluationId: opaqueId,
  /** The candidate's id in the HR system, `individual.id`. */
  individualId: opaqueId.optional(),
  custom: application.shape.custom.removeDefault().optional(),
  documents: documents.optional(),
};

const withAddress = candidate.required({ address: true });
const complete = candidate.required({ address: true, dateOfBirth: true, nationalId: true });

/** What each use case needs, from the table of the workforce integration guide [doc]. */
export const evaluationRequest = z.discriminatedUnion('useCase', [
  z.strictObject({ ...common, useCase: z.literal('passive'), candidate: withAddress }),
  /** The guide's table names a national id here, but its own example has none [open]: optional. */
  z.strictObject({ ...common, useCase: z.literal('document_verification'), candidate }),
  z.strictObject({
    ...common,
    useCase: z.literal('selfie_reverification'),
    candidate,
    /** The `referenceId` of the accepted document verification. */
    previousReferenceId: riskosId,
    /** The `docvTransactionToken` of the same; the placements that send a token need it. */
    transactionToken: riskosId.optional(),
  }),
  z.strictObject({ ...common, useCase: z.literal('payroll_setup'), candidate: complete }),
  z.strictObject({ ...common, useCase: z.literal('contractor_onboarding'), candidate: complete }),
]);

/** One evaluation to be made. The type of `candidate` has the fields that the use case needs as required ones. */
export type EvaluationRequest = z.input<typeof evaluationRequest>;

/** An {@link EvaluationRequest} of data that may lack something. Throws {@link RiskosError} `InvalidRequest`. */
export function parseEvaluationRequest(value: unknown): EvaluationRequest {
  return checked(evaluationRequest, value);
}

const patched = {
  /** The `evaluationId` of the request that made the evaluation. */
  evaluationId: opaqueId,
  /** Sent again as `event_type` when given. */
  useCase: z.enum(useCases).optional(),
};

/** What a paused evaluation waits for [doc]. A completed evaluation takes no PATCH. */
export const evaluationPatch = z.discriminatedUnion('kind', [
  z.strictObject({
    ...patched,
    kind: z.literal('one_time_code'),
    code: z.string().regex(/^\d{4,10}$/, 'must be 4 to 10 digits'),
  }),
  z.strictObject({ ...patched, kind: z.literal('resend_one_time_code') }),
  z.strictObject({
    ...patched,
    kind: z.literal('information'),
    candidate: candidate.partial(),
    custom: common.custom,
  }),
]);
export type EvaluationPatch = z.input<typeof evaluationPatch>;

/** Throws {@link RiskosError} `InvalidRequest` with the names of all bad fields. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, {
    error: (issue) => (issue.input === undefined ? 'is required' : undefined),
  });
  if (parsed.success) return parsed.data;
  throw new RiskosError('InvalidRequest', {
    fields: [...new Set(parsed.error.issues.map(({ path }) => path.map(String).join('.')).filter(Boolean))],
    note: describeIssues(parsed.error),
  });
}
