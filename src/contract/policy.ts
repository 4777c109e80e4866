import { z } from 'zod';
import { duration, milliseconds } from './duration.ts';
import { verdicts } from './words.ts';

const attempts = z.int().min(1).max(10);

/** How long before a deadline HR is reminded; absent: when a quarter of the time is left; `null`: never. */
const reminder = duration.nullable().optional();

const redirect = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2048),
  method: z.enum(['GET', 'POST']).optional(),
});

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
        language: z.string().min(2).max(20).default('en-us'),
        documentType: z.enum(['license', 'passport']).optional(),
        useCaseKey: z.string().min(1).max(100).optional(),
        redirect: redirect.optional(),
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
        keepFor: duration.default('90 days'),
        /** How long images may lag the decision: they are asked for after this, and twice again. A close asks at once. */
        lag: duration
          .refine((lag) => milliseconds(lag) <= 3_600_000, 'must be at most 1 hour')
          .default('10s'),
        /** How long fetching is retried before the result is `failed`. */
        giveUpAfter: duration.default('1 day'),
      })
      .prefault({}),
    /** RiskOS's decision words, upper case, to ours; added to the built-in ones. */
    verdicts: z
      .record(z.string().regex(/^[A-Z_]{1,40}$/), z.enum(verdicts))
      .refine((words) => Object.keys(words).length <= 50, 'must have at most 50 words')
      .default({}),
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
