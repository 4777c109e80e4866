import { z } from 'zod';
import { verdictMapping } from './decision-words.ts';
import { acceptedDocuments, enrichmentFailureRules, reasonCodeRules } from './document-rules.ts';
import { duration, milliseconds } from './duration.ts';
import { lineOf } from './text.ts';

const attempts = z.int().min(1).max(10);

const reminder = duration
  .nullable()
  .optional()
  .describe(
    'How long before `deadline` HR is reminded; absent: when a quarter of the time is left; null: never.',
  );

export const redirect = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .max(2048)
    .describe('The http(s) address, at most 2048 characters.'),
  method: z.enum(['GET', 'POST']).optional().describe('The HTTP method; absent: none is sent.'),
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
    .meta({ maxProperties: 50 })
    .optional()
    .describe('HTTP headers of that request: at most 50, each of at most 4096 printable ASCII characters.'),
  delay: z
    .number()
    .min(0)
    .max(600_000)
    .optional()
    .describe(
      'How long the Capture App waits before it redirects; sent as it is, because RiskOS does not document the unit [open].',
    ),
});

const useCaseKey = lineOf(100).optional();

const afterPassive = z.enum(['document_verification', 'review', 'close']);

/** How long images are kept: one duration, or one for each verdict whose images are archived. */
const keepFor = z.union([
  duration,
  z.strictObject({
    accept: duration.default('90 days').describe('After the verdict `accept`.'),
    review: duration.default('90 days').describe('After the verdict `review`.'),
    reject: duration.default('30 days').describe('After the verdict `reject`.'),
  }),
]);
type KeepFor = z.output<typeof keepFor>;

/**
 * Everything that a customer can configure. Every field has a default. The policy is validated at the start, fixed from then
 * on, and visible in the start argument. Durations are strings such as "30s" or "7 days".
 */
export const policy = z
  .strictObject({
    passive: z
      .strictObject({
        onReview: afterPassive
          .default('document_verification')
          .describe('What follows when the passive check ends with `review`.'),
        onReject: afterPassive
          .default('close')
          .describe('What follows when the passive check ends with `reject`.'),
        onResubmit: afterPassive
          .default('document_verification')
          .describe('What follows when the passive check ends with `resubmit`.'),
      })
      .prefault({})
      .describe('The passive check, when a candidate applies.'),
    documents: z
      .strictObject({
        start: z
          .enum(['on_request', 'immediately'])
          .default('on_request')
          .describe(
            'Whether documents wait for the update `requestDocuments`, or follow an accepted passive check at once.',
          ),
        maxAttempts: attempts
          .default(3)
          .describe('How many attempts the candidate has, the first one included.'),
        maxTechnicalRetries: z
          .int()
          .min(0)
          .max(10)
          .default(2)
          .describe(
            "How many new evaluations follow technical errors; they do not count as the candidate's attempts.",
          ),
        deadline: duration.default('7 days').describe('How long one attempt may take.'),
        reminder,
        onDeadline: z
          .enum(['close', 'next_attempt'])
          .default('close')
          .describe('What follows when an attempt has expired.'),
        onRisk: z
          .enum(['review', 'close', 'next_attempt'])
          .default('review')
          .describe('What follows `resubmit` with a reason code that marks fraud.'),
        sendMessage: z.boolean().default(true).describe('Whether RiskOS sends the capture link by SMS.'),
        language: z
          .string()
          .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/, 'must be a language tag such as "en-us"')
          .default('en-us')
          .describe(
            'The language of the capture flow, as a language tag; sent as `docv.config.language` [doc].',
          ),
        documentType: z
          .enum(['license', 'passport'])
          .optional()
          .describe(
            'The kind of document that the capture flow asks for, sent as `docv.config.document_type` [doc]; absent: none is named.',
          ),
        useCaseKey: useCaseKey.describe(
          "RiskOS's key of the capture flow, sent as `docv.config.use_case_key` [doc]; absent: RiskOS's default.",
        ),
        redirect: redirect
          .optional()
          .describe('Where the Capture App sends the candidate at the end, and after a cancel [doc].'),
        accepted: acceptedDocuments
          .optional()
          .describe('Which documents are accepted; absent: whatever RiskOS accepts.'),
        rules: reasonCodeRules
          .default({})
          .describe(
            'What follows a reason code such as "R831" when RiskOS accepts, reviews or asks for a resubmit; a reject never changes.',
          ),
      })
      .prefault({})
      .describe('Document verification.'),
    review: z
      .strictObject({
        deadline: duration
          .default('5 days')
          .describe("How long a review may take before it is overdue; only a person's decision ends it."),
        reminder,
      })
      .prefault({})
      .describe('Reviews by a person.'),
    reverification: z
      .strictObject({
        every: duration
          .nullable()
          .default(null)
          .describe(
            'How long a funnel stays at `verified` before the next selfie is asked for; null: only when HR asks.',
          ),
        maxAttempts: attempts.default(3).describe('How many attempts the candidate has for each selfie.'),
        deadline: duration.default('7 days').describe('How long one attempt may take.'),
        reminder,
        onReject: z
          .enum(['close', 'review', 'verified'])
          .default('close')
          .describe('What follows when the selfie ends with `reject`.'),
        onDeadline: z
          .enum(['verified', 'close'])
          .default('verified')
          .describe('What follows when an attempt has expired.'),
        useCaseKey: useCaseKey.describe(
          "RiskOS's key of the capture flow for selfies, sent as `docv.config.use_case_key` [doc]; absent: RiskOS's default.",
        ),
        rules: reasonCodeRules.default({}).describe('As `documents.rules`, for selfies.'),
      })
      .prefault({})
      .describe('Selfie reverification.'),
    reconciliation: z
      .strictObject({
        first: duration
          .default('30s')
          .describe(
            'How long the funnel waits for a webhook before it reads RiskOS; the next intervals are 4, 20, 60, 120 … times this.',
          ),
        longest: duration.default('12 hours').describe('The longest time between two readings.'),
      })
      .prefault({})
      .describe('Readings of RiskOS without a webhook.'),
    images: z
      .strictObject({
        archiveOn: z
          .array(z.enum(['accept', 'review', 'reject']))
          .default(['accept'])
          .describe('The verdicts whose images are archived.'),
        keepFor: keepFor
          .default('90 days')
          .describe(
            'How long images are kept before they are deleted: for all verdicts alike, or for each. Of an evaluation with two verdicts, REVIEW and then a decision, the first one in `archiveOn` counts.',
          ),
        lag: duration
          .refine((lag) => milliseconds(lag) <= 3_600_000, 'must be at most 1 hour')
          .default('10s')
          .describe(
            'How long after the decision the images are fetched, at most 1 hour; a close or the next evaluation fetches them at once. If RiskOS has none, they are fetched twice more, at this interval.',
          ),
        giveUpAfter: duration
          .default('1 day')
          .describe('How long fetching is retried before the result is `failed`.'),
      })
      .prefault({})
      .describe('Archived images.'),
    verdicts: verdictMapping
      .default({})
      .describe(
        "RiskOS's decision words, in any case and spacing, mapped to verdicts; added to the built-in ones.",
      ),
    onEnrichmentFailure: enrichmentFailureRules
      .prefault({})
      .describe('What follows an accept of RiskOS when one of its steps failed, by step.'),
    ambiguousWait: duration
      .default('30s')
      .describe(
        'How long to wait for a webhook after a POST that RiskOS perhaps processed, before it is sent again.',
      ),
  })
  .superRefine((value, context) => {
    for (const contradiction of contradictions(value)) context.addIssue({ code: 'custom', ...contradiction });
  });

export type Policy = z.output<typeof policy>;

/** Combinations that are refused although each field is valid by itself. */
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

/** How long a wait for a person may take, and when HR is reminded. */
export type DeadlineRule = Policy['review'];

/** Milliseconds for which the images of an evaluation with this verdict are kept. */
export function keptFor(setting: KeepFor, verdict: keyof Exclude<KeepFor, string>): number {
  return milliseconds(typeof setting === 'string' ? setting : setting[verdict]);
}
