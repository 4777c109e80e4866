import { z } from 'zod';
import { baseline as givenBaseline, type Candidate } from './application.ts';
import { type AttentionCause, attentionCause } from './attention.ts';
import type { Evaluation } from './evaluation.ts';
import type { ImagesRecord } from './images.ts';
import { kept, keptPolicy, word } from './kept.ts';
import { type Change, type Notice } from './notice.ts';
import { policy } from './policy.ts';
import { type Status, type TimelineEntry, troubleReasons, type VerdictRecord } from './status.ts';
import { evaluatedStages, type FailedStep, outcomes, type UseCase, useCases, verdicts } from './words.ts';

/**
 * Everything that a funnel keeps over continue-as-new. Each release reads what earlier ones wrote (a field that is new has a
 * default) and keeps the fields of later ones. A change that an earlier release could not go on from raises the version.
 */
export const stateVersion = 1;

/** A start refuses unknown fields of a baseline; a state keeps them. */
const baseline = kept(givenBaseline.shape);

/** Milliseconds since 1970. */
const instant = z.number();
const count = z.int().min(0).default(0);

const advice = z.array(kept({ key: z.string(), text: z.string() })).default([]);
const texts = z.array(z.string()).default([]);

/** {@link Evaluation} as it is carried. */
const evaluation: z.ZodType<Evaluation> = kept({
  evaluationId: z.string(),
  evalId: z.string(),
  state: z.enum(['in_progress', 'paused', 'completed']),
  failed: z.boolean().default(false),
  decision: z.string().optional(),
  unknownDecision: z.string().optional(),
  decidedAt: z.string().optional(),
  pausedFor: word<NonNullable<Evaluation['pausedFor']>>().optional(),
  url: z.string().optional(),
  transactionToken: z.string().optional(),
  referenceId: z.string().optional(),
  reviewedReference: baseline.optional(),
  documentResult: z.enum(['accepted', 'not_accepted']).optional(),
  documentType: z.string().optional(),
  documentCountry: z.string().optional(),
  documentState: z.string().optional(),
  previousReferenceId: z.string().optional(),
  reasonCodes: texts,
  advice,
  risk: z.boolean().default(false),
  failedSteps: z.array(word<FailedStep>()).default([]),
  technical: z.boolean().default(false),
  linkExpired: z.literal(true).optional(),
  moduleDecision: z.string().optional(),
  digitalIntelligenceDecision: z.string().optional(),
  tags: texts,
  reviewQueues: texts,
  score: z.number().optional(),
  workflow: kept({ name: z.string(), version: z.string().optional() }).optional(),
  evalSource: z.string().optional(),
});

/** An evaluation that is to be read. */
const hint = kept({ evaluationId: z.string(), evalId: z.string() });

/** When a person's part ends, and when HR is reminded of it. */
const deadline = kept({ at: instant, reminderAt: instant.nullable().default(null) });

const attemptId = {
  evaluationId: z.string(),
  /** The attempt's number in its evaluationId. */
  number: z.int(),
  /** POSTs that failed, by what RiskOS may have made of them. */
  notProcessed: count,
  perhapsProcessed: count,
  /** Why the attempt stops for attention instead of sending another POST, if no event names the evaluation first. */
  stop: attentionCause.nullable().default(null),
};

/** An attempt whose `eval_id` at RiskOS is not known. */
const posting = kept({
  kind: z.literal('posting'),
  ...attemptId,
  /** The `eval_id`s that events or a failed POST named. */
  evalIds: z.array(z.string()).default([]),
  /** The `eval_id`s whose events may be newer than the POST's answer. */
  perhapsNewer: z.array(z.string()).default([]),
});

const readingShape = {
  kind: z.literal('reading'),
  ...attemptId,
  /** RiskOS's ids for this request; more than one after a re-run. */
  known: z.array(
    kept({
      evalId: z.string(),
      /** True if the POST's answer named this id; events name the others. */
      answered: z.boolean().default(false),
      /** How often RiskOS did not know this id. */
      misses: count,
      /** True if a reading that began after the deadline succeeded. */
      readSinceDeadline: z.boolean().default(false),
    }),
  ),
  /** Scheduled readings so far, which decide the next interval. */
  reads: count,
  /** Failed readings since the last successful one. */
  failedReads: count,
  /** Wrong one-time codes so far. */
  codes: count,
  deadline,
  /** The deadline has passed, and the reading that it triggers has been queued. */
  overdue: z.boolean().default(false),
};

/** An attempt that RiskOS knows; `latest` is the last reading that counts. */
const reading = kept({ ...readingShape, latest: evaluation.nullable().default(null) });
/** The same, with an evaluation to decide on. */
const decidable = kept({ ...readingShape, latest: evaluation });

const visit = {
  stage: z.enum(evaluatedStages),
  /** The candidate's attempts in this stage. */
  tries: z.int().min(1).default(1),
  /** Evaluations of this stage that ended with a technical error. */
  technical: count,
  advice,
  /** Attempts that expired, and can still end with an accept. */
  givenUp: z
    .array(kept({ evaluationId: z.string(), number: z.int(), evalIds: z.array(z.string()) }))
    .default([]),
  /** The evaluations to read next, of the current attempt and of those given up. */
  toRead: z.array(hint).default([]),
  /** How often somebody asked to read all known evaluations at once, and up to which time that has been done. */
  readingsAsked: count,
  readingsDone: count,
};

/** A stage with an evaluation under way. */
const checking = kept({ ...visit, attempt: z.discriminatedUnion('kind', [posting, reading]) });
/** The same, with an evaluation that RiskOS leaves to a person. */
const undecided = kept({ ...visit, attempt: decidable });

const awaitingDocumentRequest = kept({
  stage: z.literal('awaiting_document_request'),
  request: kept({ kind: z.literal('requestDocuments') })
    .nullable()
    .default(null),
});

const review = kept({
  stage: z.literal('review'),
  of: undecided,
  /** The decision that started the review. A different or later one means that a person has decided. */
  settled: kept({
    verdict: z.enum(verdicts),
    evalId: z.string(),
    decidedAt: z.string().nullable().default(null),
  }),
  deadline,
  request: kept({ kind: z.literal('review'), verdict: z.enum(['accept', 'reject', 'resubmit']) })
    .nullable()
    .default(null),
});

const verified = kept({
  stage: z.literal('verified'),
  request: z
    .discriminatedUnion('kind', [
      kept({ kind: z.literal('requestReverification') }),
      kept({ kind: z.literal('requestPayrollSetup') }),
      kept({ kind: z.literal('complete') }),
    ])
    .nullable()
    .default(null),
});

const needsAttention = kept({
  stage: z.literal('needs_attention'),
  cause: attentionCause,
  /** Where the funnel goes on. */
  back: checking,
  request: kept({ kind: z.enum(['retry', 'correct']) })
    .nullable()
    .default(null),
});

const closed = kept({ stage: z.literal('closed'), outcome: z.enum(outcomes) });

/** Where a funnel stands, with exactly the data that belongs there. */
const position = z.discriminatedUnion('stage', [
  checking,
  awaitingDocumentRequest,
  review,
  verified,
  needsAttention,
  closed,
]);

/**
 * The next POST; the next reading without an event; the deadline of a person's part; how long RiskOS may stay unreadable after
 * it; the images' lag; the next periodic reverification; the next look at a decision that may have changed.
 */
export const timerNames = [
  'post',
  'read',
  'deadline',
  'patience',
  'images',
  'reverify',
  'contradiction',
] as const;
export type TimerName = (typeof timerNames)[number];

/** Fires at each of its times; `fired` counts the times that have come. */
const timer = kept({ times: z.array(instant), fired: count });

const candidate = z.custom<Candidate>((value) => typeof value === 'object' && value !== null);

const imagesAsk = kept({
  applicationId: z.string(),
  evaluationId: z.string(),
  evalId: z.string(),
  documentType: z.string().nullable().default(null),
  reasonCodes: z.array(z.string()).default([]),
  /** Milliseconds that images may lag the decision. */
  lag: z.number(),
  /** Milliseconds until they are to be deleted, for the archive's manifest; absent: asked by an older version. */
  keepFor: z.number().optional(),
});

export const funnelState = kept({
  version: z.literal(stateVersion),
  application: kept({
    applicationId: z.string(),
    candidate,
    useCase: z.enum(useCases).extract(['passive', 'contractor_onboarding']),
    custom: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    baseline: baseline.optional(),
    policy: keptPolicy(policy),
  }),
  /** The last eight characters of the first run's id. */
  run: z.string(),
  /** Which earlier runs may contain POSTs that this run does not know: see {@link lineage}. */
  lineage: kept({
    /** Runs that continued as new before anybody could see whether they were resets. */
    unchecked: z.array(z.string()).default([]),
    /** Runs that a reset took this funnel out of. */
    bases: z.array(z.string()).default([]),
  }).prefault({}),
  position,
  /** Evaluations begun in each stage: the attempt number in evaluationId. */
  attempts: z.partialRecord(z.enum(evaluatedStages), z.int()).default({}),
  /** Why RiskOS is unavailable at the moment. */
  trouble: kept({ reason: z.enum(troubleReasons), problem: z.string(), since: instant })
    .nullable()
    .default(null),
  /** Evaluations with a verdict, so that a decision that changes later is noticed. */
  settled: z
    .array(
      kept({
        evaluationId: z.string(),
        evalIds: z.array(z.string()),
        /** RiskOS's decisions so far. */
        decisions: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  /** Settled evaluations whose decision may have changed. */
  toCheck: z.array(kept({ evaluationId: z.string(), evalId: z.string(), failures: count })).default([]),
  verdicts: z.array(z.custom<VerdictRecord>()).default([]),
  images: z.array(z.custom<ImagesRecord>()).default([]),
  /** Wanted images whose archiving has not started. */
  toArchive: z.array(kept({ stage: z.enum(evaluatedStages), ask: imagesAsk })).default([]),
  baseline: baseline.nullable().default(null),
  timers: z.partialRecord(z.enum(timerNames), timer).default({}),
  notices: kept({
    /** What is new since the last notice. */
    changes: z.array(word<Change>()).default([]),
    verdicts: z.array(z.custom<VerdictRecord>()).default([]),
    images: z.array(z.custom<ImagesRecord>()).default([]),
    /** The values in the last notice. */
    nextAction: z.string().default(''),
    escalation: word<NonNullable<Status['escalation']>>().nullable().default(null),
    /** Whether the workers have a `NOTIFY_URL`; `null`: not known yet. */
    wanted: z.boolean().nullable().default(null),
    /** In the order in which they are sent. */
    unsent: z.array(z.custom<Notice>()).default([]),
  }).prefault({}),
  seenEvents: z.array(z.string()).default([]),
  timeline: z.array(z.custom<TimelineEntry>()).default([]),
  /** The search attributes as last published. */
  published: z.string().default(''),
  /** The memo fields as last published; a run that continues as new passes the memo itself on. */
  memo: kept({ status: z.string().default(''), private: z.string().default('') }).prefault({}),
  /** The history length at the last activation that history records; only a recorded activation may continue as new. */
  recordedAt: count,
});

export type FunnelState = z.output<typeof funnelState>;
export type Position = FunnelState['position'];
export type Checking = z.output<typeof checking>;
export type Undecided = z.output<typeof undecided>;
export type Review = z.output<typeof review>;
export type Verified = z.output<typeof verified>;
export type NeedsAttention = z.output<typeof needsAttention>;
export type AwaitingDocumentRequest = z.output<typeof awaitingDocumentRequest>;
export type Closed = z.output<typeof closed>;
export type Attempt = Checking['attempt'];
export type Posting = z.output<typeof posting>;
export type Reading = z.output<typeof reading>;
export type Decidable = z.output<typeof decidable>;
export type Hint = z.output<typeof hint>;
export type Deadline = z.output<typeof deadline>;
export type Timer = z.output<typeof timer>;
export type ImagesAsk = z.output<typeof imagesAsk>;
export type { AttentionCause, UseCase };
