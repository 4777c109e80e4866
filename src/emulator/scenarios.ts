import { z } from 'zod';
import { faults } from './faults.ts';
import { json } from './json.ts';

/** What an evaluation can pause for, in the order in which it does. */
const pauses = ['capture', 'one_time_code', 'more_information', 'hosted_flow'] as const;
export type Pause = (typeof pauses)[number];

/** What the template workflow runs, chosen by `data.event_type` [doc]. */
export type UseCase = 'passive' | 'documents' | 'selfie';

/** Customers give their decisions names of their own, in any case. */
const decisionWord = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,39}$/u, 'must be a decision word such as "ACCEPT"');
const reasonCodes = z.array(z.string().regex(/^[IR][0-9]{3}$/, 'must be a reason code such as "R831"'));
const steps = z.int().min(0).max(10_000);

/** The files a reviewer may attach. */
export const attachmentName = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,79}$/, 'must be a file name of A-Z a-z 0-9 _ - .');

/**
 * A webhook that follows. `decision_update`, `reevaluation`, `workflow_execution_failed` and an attachment change the
 * evaluation, any other only says so.
 */
export const followUp = z.strictObject({
  event: z.string().regex(/^[a-z][a-z_]{0,63}$/, 'must be an event type such as "decision_update"'),
  decision: decisionWord.optional(),
  reasonCodes: reasonCodes.default([]),
  notes: z.string().max(2000).default(''),
  /** A file that a reviewer attaches with it. */
  attachment: attachmentName.optional(),
  /** Fields to merge into the event's `data`, as RFC 7396 merges. */
  data: z.record(z.string(), json).default({}),
  /** After how many steps of the emulator's pace. */
  after: steps.default(1),
});
export type FollowUp = z.output<typeof followUp>;

const documentType = z.string().min(1).max(60).nullable();
const country = z.string().min(1).max(60).nullable();
const place = z.enum(['before', 'after']);

/** One more Document Verification result in the same answer, with a reference and a token of its own. */
const otherResult = z.strictObject({
  /** `decision.value`; `null`: it has none. */
  decision: z.string().max(40).nullable().default('reject'),
  documentType: documentType.default('Passport'),
  documentCountry: country.default('USA'),
  /** Its place in the list, relative to the play's own result. */
  at: place.default('before'),
});

/** One more enrichment of the workflow: phone risk, a vendor of the customer's. */
const otherEnrichment = z.strictObject({
  name: z.string().min(1).max(100).default('Socure Phone risk'),
  provider: z.string().min(1).max(60).default('Socure'),
  module: z
    .string()
    .regex(/^[a-z]{1,40}$/, 'must be a module such as "phonerisk"')
    .default('phonerisk'),
  statusCode: z.int().min(100).max(599).nullable().default(200),
  error: z.string().max(200).optional(),
  /** Some providers put it here instead [doc]. */
  errorMessage: z.string().max(200).optional(),
  cached: z.boolean().default(false),
  attempts: z.int().min(1).max(100).default(1),
  at: place.default('before'),
});
export type OtherEnrichment = z.output<typeof otherEnrichment>;

const play = z.strictObject({
  /** The top-level decision; by default what fits what the candidate does: ACCEPT for one who completes. */
  decision: decisionWord.optional(),
  reasonCodes: reasonCodes.optional(),
  /**
   * `decision.value` of the verification or of Digital Intelligence, where it disagrees with the decision; `null`: the
   * verification has no decision of its own.
   */
  documentVerification: z.string().max(40).nullable().optional(),
  digitalIntelligence: z.string().max(40).default('accept'),
  /** `null`: RiskOS does not say it. */
  documentType: documentType.default('Drivers License'),
  documentCountry: country.default('USA'),
  documentState: country.default('OR'),
  otherResults: z.array(otherResult).max(5).default([]),
  /** `none`: the answer has no Document Verification at all, whatever was decided. */
  result: z.enum(['one', 'none']).default('one'),
  enrichments: z.array(otherEnrichment).max(20).default([]),
  /** Whether the verification's own data came from a cache, and after how many attempts. */
  cached: z.boolean().default(false),
  attempts: z.int().min(1).max(100).default(1),
  tags: z.array(z.string().max(60)).default([]),
  /** Sent to the queues of a case; by default one for a REVIEW. */
  reviewQueues: z.array(z.string().max(60)).max(10).optional(),
  /** The score of all steps; by default passive checks have one. */
  score: z.number().nullable().optional(),
  /** What it pauses for: by default nothing for passive checks, a capture for the others. */
  waitsFor: z.array(z.enum(pauses)).max(5).optional(),
  /** For `more_information`: paths within the request's `data`, such as `individual.national_id`. */
  missing: z.array(z.string().min(1).max(100)).default(['individual.national_id']),
  /** `person`: somebody at the capture page; `absent`: nobody ever opens the link. */
  candidate: z.enum(['completes', 'declines', 'expires', 'person', 'absent']).default('completes'),
  /** After how many steps of the pace a played candidate begins. */
  after: steps.default(1),
  /** A step of the RiskOS workflow that fails; it shows as a tag and as the enrichment's error [doc]. */
  error: z.enum(['docv_request_error', 'docv_error', 'docv_verification_error']).optional(),
  /** How GET shows an execution that failed: not documented [open]. */
  failedAs: z.enum(['lifecycle', 'status', 'message']).default('lifecycle'),
  /** `deleted`: never available, as for military IDs and minors. */
  images: z.enum(['kept', 'deleted']).default('kept'),
  /** Milliseconds by which images lag the decision. */
  imageLag: z.int().min(0).max(600_000).default(0),
  attachments: z.array(attachmentName).max(20).default([]),
  afterwards: z.array(followUp).max(20).default([]),
  faults: faults.default([]),
});
export type Play = z.output<typeof play>;

const plays = z.array(play).min(1).max(50).prefault([{}]);

/**
 * How RiskOS behaves towards one candidate: for each use case one play per attempt, of which the last repeats.
 * A use case that is not mentioned ends with ACCEPT.
 */
export const scenario = z.strictObject({
  about: z.string().max(500).default(''),
  passive: plays,
  documents: plays,
  selfie: plays,
});
export type Scenario = z.input<typeof scenario>;
export type ParsedScenario = z.output<typeof scenario>;

export const scenarioName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a scenario is named with a-z 0-9 and -');

export const scenarios = z.record(scenarioName, scenario);

/** Chosen when `data.custom.scenario` is absent. */
export const defaultScenario = 'interactive';
