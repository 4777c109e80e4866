import { z } from 'zod';
import { verdictMapping } from './decision-words.ts';
import { acceptedDocuments, enrichmentFailureRules, reasonCodeRules } from './document-rules.ts';
import { duration, milliseconds } from './duration.ts';
import { keepFor } from './images.ts';
import { lineOf } from './text.ts';

const attempts = z.int().min(1).max(10);

/** How long before a deadline HR is reminded; absent: when a quarter of the time is left; `null`: never. */
const reminder = duration.nullable().optional();

/** Where the Capture App sends the candidate; also after a cancel [doc]. */
export const redirect = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).max(2048),
  method: z.enum(['GET', 'POST']).optional(),
  headers: z
    .record(
      z.string(),
      z.string().regex(/^[\t\x20-\x7e]{0,4096}$/, 'must be at most 4096 printable ASCII characters'),
    )
    .superRefine((headers, context) => {
      const names = Object.keys(headers);
      const refuse = (message: string, path: string[] = []) =>
        context.addIssue({ code: 'custom', path, message });
      if (names.length > 50) refuse('must have at most 50 headers');
      for (const name of names) {
        if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name))
          refuse('must be the name of an HTTP header', [name]);
      }
    })
    .optional(),
  /** Whether the unit is seconds or milliseconds is not documented [open]; sent as it is. */
  delay: z.number().min(0).max(600_000).optional(),
});

const useCaseKey = lineOf(100);

/**
 * Everything a customer may set. Every field has a default; it is validated at start, fixed from then on, and
 * to be seen in the start argument. Durations are strings such as "30s" or "7 days".
 */
export const policy = z
  .strictObject({
    passive: z
      .strictObject({
        onReview: z.enum(['document_verification', 'review', 'close']).default('document_verification'),
        onReject: z.enum(['document_verification', 'review', 'close']).default('close'),
        onResubmit: z.enum(['document_verification', 'review', 'close']).default('document_verification'),
      })
      .prefault({}),
    documents: z
      .strictObject({
        /** Whether documents wait for HR's `requestDocuments` or follow an accepted passive check at once. */
        start: z.enum(['on_request', 'immediately']).default('on_request'),
        /** How many times the candidate may try, the first one included. */
        maxAttempts: attempts.default(3),
        /** New evaluations after a technical error; they do not count as the candidate's attempts. */
        maxTechnicalRetries: z.int().min(0).max(10).default(2),
        /** How long one attempt may take. */
        deadline: duration.default('7 days'),
        reminder,
        onDeadline: z.enum(['close', 'next_attempt']).default('close'),
        /** What follows a RESUBMIT that carries a reason code which marks fraud. */
        onRisk: z.enum(['review', 'close', 'next_attempt']).default('review'),
        /** Whether RiskOS sends the capture link by SMS. */
        sendMessage: z.boolean().default(true),
        language: z
          .string()
          .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/, 'must be a language tag such as "en-us"')
          .default('en-us'),
        documentType: z.enum(['license', 'passport']).optional(),
        useCaseKey: useCaseKey.optional(),
        redirect: redirect.optional(),
        /** Which documents are accepted; absent: whatever RiskOS accepts. */
        accepted: acceptedDocuments.optional(),
        /** What follows a reason code when RiskOS accepts, reviews or asks again; a reject stays one. */
        rules: reasonCodeRules.default({}),
      })
      .prefault({}),
    review: z
      .strictObject({
        /** After this a review is shown as overdue; it still ends only by a person's decision. */
        deadline: duration.default('5 days'),
        reminder,
      })
      .prefault({}),
    reverification: z
      .strictObject({
        /** A selfie is asked for again each time this has passed at `verified`; `null`: only when HR asks. */
        every: duration.nullable().default(null),
        maxAttempts: attempts.default(3),
        deadline: duration.default('7 days'),
        reminder,
        onReject: z.enum(['close', 'review', 'verified']).default('close'),
        onDeadline: z.enum(['verified', 'close']).default('verified'),
        /** RiskOS's key of the capture flow, where a selfie has one of its own. */
        useCaseKey: useCaseKey.optional(),
        /** As `documents.rules`, for selfies. */
        rules: reasonCodeRules.default({}),
      })
      .prefault({}),
    reconciliation: z
      .strictObject({
        /** The first read without a webhook. The later ones follow at 4, 20, 60, 120 … times this. */
        first: duration.default('30s'),
        longest: duration.default('12 hours'),
      })
      .prefault({}),
    images: z
      .strictObject({
        archiveOn: z.array(z.enum(['accept', 'review', 'reject'])).default(['accept']),
        /** For all verdicts alike, or for each of `accept`, `review` and `reject`. */
        keepFor: keepFor.default('90 days'),
        /** How long images may lag the decision: they are asked for after this, and twice again. A close asks at once. */
        lag: duration
          .refine((lag) => milliseconds(lag) <= 3_600_000, 'must be at most 1 hour')
          .default('10s'),
        /** How long fetching is retried before the result is `failed`. */
        giveUpAfter: duration.default('1 day'),
      })
      .prefault({}),
    /** RiskOS's decision words, in any case and spacing, to ours; added to the built-in ones. */
    verdicts: verdictMapping.default({}),
    /** What follows an accept of RiskOS when one of its steps failed. */
    onEnrichmentFailure: enrichmentFailureRules.prefault({}),
    /** How long to wait for a webhook after a POST that perhaps was processed, before it is sent again. */
    ambiguousWait: duration.default('30s'),
  })
  .superRefine((value, context) => {
    for (const contradiction of contradictions(value)) context.addIssue({ code: 'custom', ...contradiction });
  });

export type Policy = z.output<typeof policy>;

/** What each part of a policy allows by itself, but not together. */
function contradictions(value: Policy): { path: string[]; message: string }[] {
  const { reconciliation, documents, review, reverification } = value;
  const found = [];
  if (longer(reconciliation.first, reconciliation.longest)) {
    found.push({
      path: ['reconciliation', 'first'],
      message: 'must not be longer than reconciliation.longest',
    });
  }
  for (const [name, part] of Object.entries({ documents, review, reverification })) {
    if (part.reminder && !longer(part.deadline, part.reminder)) {
      found.push({ path: [name, 'reminder'], message: `must be shorter than ${name}.deadline` });
    }
  }
  const { accepted, documentType } = documents;
  const wanted = documentType === 'passport' ? ['Passport'] : ['Drivers License', 'Identification Card'];
  if (documentType && accepted?.types && !wanted.some((type) => accepted.types?.includes(type))) {
    found.push({
      path: ['documents', 'accepted', 'types'],
      message: `has no ${documentType}, which documents.documentType asks for`,
    });
  }
  return found;
}

function longer(one: string, other: string): boolean {
  return milliseconds(one) > milliseconds(other);
}

/** How long a person's part may take, and when HR is reminded of it. */
export type DeadlineRule = Policy['review'];

/** When HR is reminded of something that ends at `deadline` (milliseconds since 1970); `null`: never. */
export function reminderAt(part: DeadlineRule, deadlineAt: number): number | null {
  if (part.reminder === null) return null;
  return (
    deadlineAt - (part.reminder === undefined ? milliseconds(part.deadline) / 4 : milliseconds(part.reminder))
  );
}
