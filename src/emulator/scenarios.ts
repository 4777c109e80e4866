import { z } from 'zod';
import { faults } from './faults.ts';
import { json } from './json.ts';

/** What an evaluation can pause for, in the order in which it does. */
const pauses = ['capture', 'one_time_code', 'more_information', 'hosted_flow'] as const;
export type Pause = (typeof pauses)[number];

/** What the template workflow runs, chosen by `data.event_type` [doc]. */
export type UseCase = 'passive' | 'documents' | 'selfie';

const decisionWord = z.string().regex(/^[A-Z][A-Z_]{0,39}$/, 'must be a decision word such as "ACCEPT"');
const reasonCodes = z.array(z.string().regex(/^[IR][0-9]{3}$/, 'must be a reason code such as "R831"'));
const steps = z.int().min(0).max(10_000);

/** A webhook that follows; `decision_update` and `reevaluation` change the evaluation, any other only says so. */
export const followUp = z.strictObject({
  event: z.string().regex(/^[a-z][a-z_]{0,63}$/, 'must be an event type such as "decision_update"'),
  decision: decisionWord.optional(),
  reasonCodes: reasonCodes.default([]),
  notes: z.string().max(2000).default(''),
  /** Fields to merge into the event's `data`, as RFC 7396 merges. */
  data: z.record(z.string(), json).default({}),
  /** After how many steps of the emulator's pace. */
  after: steps.default(1),
});
export type FollowUp = z.output<typeof followUp>;

/** The files a reviewer may attach. */
export const attachmentName = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,79}$/, 'must be a file name of A-Z a-z 0-9 _ - .');

const play = z.strictObject({
  /** The top-level decision; by default what fits what the candidate does: ACCEPT for one who completes. */
  decision: decisionWord.optional(),
  reasonCodes: reasonCodes.optional(),
  /** `decision.value` of the verification or of Digital Intelligence, where it disagrees with the decision. */
  documentVerification: z.string().max(40).optional(),
  digitalIntelligence: z.string().max(40).default('accept'),
  documentType: z.string().min(1).max(60).default('Drivers License'),
  tags: z.array(z.string().max(60)).default([]),
  /** Score of the passive checks. */
  score: z.number().nullable().default(41),
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
  /** `deleted`: as of military IDs and minors, never to be had. */
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
