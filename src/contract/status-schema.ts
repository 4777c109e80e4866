import { z } from 'zod';
import { attentionReasons } from './attention.ts';
import { imagesRecord, imagesStatus } from './images.ts';
import { changes } from './notice.ts';
import { starting } from './published.ts';
import { escalations, nextActionKinds, troubleReasons, waitingForWords } from './status.ts';
import { evaluatedStages, failedSteps, flags, outcomes, stages, verdicts } from './words.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const ordinal = z.int().min(1);

const advice = z
  .object({
    key: z.string().describe('A stable word, for translation.'),
    text: z.string().describe('The advice in English.'),
  })
  .describe('What to tell the candidate before the next attempt.');

const nextAction = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('show_capture_link'),
      url: z.string().describe('The capture link; whoever has it can take the pictures.'),
      transactionToken: z
        .string()
        .optional()
        .describe("RiskOS's `docvTransactionToken`, which Socure's capture SDKs need."),
      attempt: ordinal.describe("The candidate's attempt, from 1."),
      of: ordinal.describe('How many attempts the candidate has.'),
      expiresAt: time.describe('When the attempt ends.'),
      advice: z.array(advice).describe('What to tell the candidate; empty at the first attempt.'),
    })
    .describe('Show the candidate the link, as a button or a QR code.'),
  z
    .object({
      kind: z.literal('enter_one_time_code'),
      attemptsLeft: count.describe(
        'How many codes RiskOS probably still accepts, about five at first; RiskOS does not report it [doc].',
      ),
    })
    .describe('Ask the candidate for the code they received, and send `submitOneTimeCode`.'),
  z
    .object({
      kind: z.literal('provide_information'),
      fields: z
        .array(z.string())
        .describe(
          'Which of `address`, `dateOfBirth` and `nationalId` RiskOS does not have; it does not say which it needs [open].',
        ),
    })
    .describe('Send `provideInformation` with these fields of the candidate.'),
  z
    .object({
      kind: z.literal('open_hosted_flow'),
      url: z.string().describe("The address of RiskOS's page."),
    })
    .describe("Show the candidate RiskOS's page."),
  z
    .object({ kind: z.literal('review') })
    .describe('A person decides: in RiskOS, or with the update `review`.'),
  z
    .object({ kind: z.literal('request_documents') })
    .describe('Send `requestDocuments` when documents are wanted.'),
  z
    .object({
      kind: z.literal('needs_attention'),
      reason: z.string().describe('What happened, and what to do.'),
    })
    .describe('An operator fixes the cause, then sends `retry` or `correct`.'),
  z.object({ kind: z.literal('wait') }).describe('Nothing: the funnel continues by itself.'),
  z.object({ kind: z.literal('none') }).describe('Nothing: the funnel is verified or closed.'),
]);

const audit = z.object({
  decision: z
    .string()
    .optional()
    .describe("RiskOS's decision word in upper case; `UNKNOWN` if it is missing or unreadable."),
  unknownDecision: z
    .string()
    .optional()
    .describe("RiskOS's own word when it is not built in; `policy.verdicts` can map it."),
  decidedAt: time.optional().describe('When RiskOS decided.'),
  moduleDecision: z
    .string()
    .optional()
    .describe('What document or selfie verification itself decided; `decision` alone counts.'),
  digitalIntelligenceDecision: z
    .string()
    .optional()
    .describe('What Digital Intelligence, the check of device and network, decided.'),
  documentType: z.string().optional().describe('The type of the document, such as "Drivers License".'),
  documentCountry: z
    .string()
    .optional()
    .describe('The issuing country: ISO 3166-1, RiskOS writes alpha-3 [doc].'),
  documentState: z.string().optional().describe('The issuing state or province.'),
  failedSteps: z.array(z.enum(failedSteps)).describe('The steps of RiskOS that failed, each kind once.'),
  tags: z.array(z.string()).describe("RiskOS's tags."),
  reviewQueues: z.array(z.string()).describe("RiskOS's review queues."),
  score: z
    .number()
    .optional()
    .describe("The score of all steps, if RiskOS's workflow is configured to have one [doc]."),
  workflow: z
    .object({
      name: z.string().describe('Its name.'),
      version: z.string().optional().describe('Its version.'),
    })
    .optional()
    .describe("RiskOS's workflow that ran."),
  evalSource: z
    .string()
    .optional()
    .describe('Where the evaluation was begun: "API", "Dashboard" [doc], "Rerun".'),
});

const verdict = z.object({
  stage: z.enum(evaluatedStages).describe('The stage of the evaluation.'),
  attempt: ordinal.describe('The number of the evaluation in its stage, from 1.'),
  verdict: z.enum(verdicts).describe('The verdict.'),
  flags: z
    .array(z.enum(flags))
    .describe('What qualifies the verdict: check it before you act; see Flags below.'),
  reasonCodes: z.array(z.string()).describe("RiskOS's reason codes, such as `R831`."),
  evaluationId: z.string().describe('Our id of the evaluation; RiskOS returns it as `id`.'),
  evalId: z.string().describe("RiskOS's `eval_id`."),
  at: time.describe('When the funnel recorded the verdict.'),
  rule: z
    .string()
    .optional()
    .describe(
      "The rule of the policy that changed RiskOS's decision, such as `documents.onRisk`; absent: none did.",
    ),
  audit: audit.describe('What RiskOS reported about the evaluation, for routing and audit; never free text.'),
});

const attention = z.object({
  kind: z
    .enum(attentionReasons)
    .describe(
      'Why, in a word for programs; `list --attention` filters by it. `data_refused` needs `correct`.',
    ),
  reason: z.string().describe('What happened, and what to do, in English.'),
  fields: z.array(z.string()).describe('The fields that RiskOS named; never a value.'),
});

const trouble = z.object({
  reason: z.enum(troubleReasons).describe('How RiskOS is unavailable, as a word.'),
  problem: z.string().describe('The type of the problem, as in the errors of RiskOS.'),
  since: time.describe('Since when.'),
});

const status = z.object({
  applicationId: z.string().describe("The HR system's id of the application."),
  stage: z.enum(stages).describe('Where the funnel stands.'),
  attempt: count.describe('The number of the evaluation under way or of the last one; 0 before the first.'),
  waitingFor: z.enum(waitingForWords).describe('Whom or what the funnel waits for.'),
  deadline: time
    .nullable()
    .describe(
      'The deadline of the current wait; at `verified`, the next periodic reverification. A review stays open after it. null: none.',
    ),
  escalation: z
    .enum(escalations)
    .nullable()
    .describe(
      'Whether the deadline is near (`reminder`), or has passed and a person has to act (`overdue`); null: neither.',
    ),
  nextAction: nextAction.describe('What HR has to do now; see Next actions below.'),
  verdicts: z.array(verdict).describe('One entry for each settled evaluation, oldest first.'),
  images: z.array(imagesRecord).describe('One entry for each evaluation whose images are archived.'),
  baseline: z.boolean().describe('Whether there are accepted documents that a selfie can be compared with.'),
  outcome: z.enum(outcomes).nullable().describe('How the funnel closed; null: it is open.'),
  attention: attention.nullable().describe('Why the funnel needs attention; null: it does not.'),
  trouble: trouble
    .nullable()
    .describe('Why RiskOS is unavailable at the moment; the funnel retries by itself. null: no trouble.'),
});

/** The status as the client and the command give it, read from the workflow's memo. */
export const statusSchema = status
  .extend({
    stage: z
      .enum([...stages, starting])
      .describe('Where the funnel stands; `starting`: no worker has begun it.'),
    nextAction: z
      .discriminatedUnion('kind', [
        ...nextAction.options,
        z
          .object({
            kind: z.literal('unreadable'),
            hidden: z.enum(nextActionKinds).describe('The kind of the action.'),
          })
          .describe('Details of the action are encrypted, and this process cannot decrypt them.'),
      ])
      .describe('What HR has to do now; see Next actions below.'),
    verdicts: z
      .array(verdict.partial({ audit: true }))
      .describe(
        'One entry for each settled evaluation, oldest first: the last five. `audit` is in the timeline, the answers of updates and the result of the workflow.',
      ),
    unreadable: z
      .literal(true)
      .optional()
      .describe(
        'Present only when the private part of the status cannot be decrypted: reason codes, links and texts are missing.',
      ),
    ended: z
      .object({
        how: z.enum(['terminated', 'canceled', 'timed_out', 'failed']).describe('How it ended.'),
        at: time.nullable().describe('When it ended; null: not known.'),
      })
      .optional()
      .describe(
        'Present only when the workflow was ended in Temporal before the funnel closed; only the client and the command report it.',
      ),
  })
  .meta({ title: 'Status', description: 'Where a funnel stands, and what HR has to do now.' });

const timestamp = time.describe('When the notice was made.');

/** The body of a webhook notification. */
export const noticeSchema = z
  .discriminatedUnion('type', [
    z
      .object({
        timestamp,
        type: z.literal('funnel.changed'),
        data: status
          .omit({ trouble: true })
          .extend({ changes: z.array(z.enum(changes)).describe('What is new; see Changes below.') })
          .describe('The status at that time; of `verdicts` and `images` only what is new.'),
      })
      .describe('Something changed in a funnel that HR must act on or know.'),
    z
      .object({
        timestamp,
        type: z.literal('images.changed'),
        data: imagesStatus.describe('The status of the images of one evaluation.'),
      })
      .describe('The images of an evaluation have a new result, a hold or a release.'),
    z
      .object({
        timestamp,
        type: z.literal('notice.test'),
        data: z.strictObject({}).describe('Nothing.'),
      })
      .describe('Sent by `candidate-funnel notices test`: answer 2xx and do nothing.'),
  ])
  .meta({ title: 'Notice', description: 'The body of a webhook notification to the HR system.' });
