import { workflowInfo } from '@temporalio/workflow';
import type { ImagesAsk } from '../activities/images.ts';
import type {
  Advice,
  Application,
  Attention,
  Baseline,
  Change,
  Evaluation,
  ImagesRecord,
  Notice,
  Outcome,
  Stage,
  Status,
  TimelineEntry,
  UseCase,
  Verdict,
  VerdictRecord,
} from '../src/contract/index.ts';
import { iso, now } from './clock.ts';

/** The stages that run evaluations. */
export type EvaluatedStage =
  'passive_check' | 'document_verification' | 'selfie_reverification' | 'payroll_setup';

/** One attempt in RiskOS, from before its POST to its verdict. */
export interface OpenEvaluation {
  evaluationId: string;
  stage: EvaluatedStage;
  useCase: UseCase;
  attempt: number;
  /** POSTs that failed, by what RiskOS may have made of them. */
  notProcessed: number;
  perhapsProcessed: number;
  /** RiskOS's ids for this request: of the POST's answer, or learnt from events. More than one after a re-run. */
  evalIds: string[];
  /** The one that the POST's answer named. */
  answeredEvalId: string | null;
  /** What an event asked to be read. */
  toRead: string[];
  /** How often it has been read without an event. */
  reads: number;
  /** Readings that failed since the last one that did not. */
  failedReads: number;
  /** It has been read after its deadline. */
  overdue: boolean;
  /** The last reading. */
  latest: Evaluation | null;
  /** How often RiskOS did not know an id that only an event named. */
  unknown: Record<string, number>;
  /** Wrong one-time codes so far. */
  codes: number;
  /** The verdict, once there is one; a review waits until it changes. */
  settled: Verdict | null;
  /** RiskOS's id and time of the decision that was settled: a later one of the same evaluation is a person's. */
  settledEvalId: string | null;
  decidedAt: string | null;
}

/** An accepted update, until the story takes it up. */
type Request =
  | { kind: 'requestDocuments' }
  | { kind: 'requestReverification' }
  | { kind: 'requestPayrollSetup' }
  | { kind: 'review'; verdict: 'accept' | 'reject' | 'resubmit' }
  | { kind: 'resume' }
  | { kind: 'complete' };

/**
 * The next POST; the next reading without an event; the deadline of a person's part; the end of the patience with a
 * RiskOS that cannot be read after it; the end of the images' lag; the next periodic reverification.
 */
export const alarmNames = ['post', 'read', 'deadline', 'patience', 'images', 'reverify'] as const;
export type AlarmName = (typeof alarmNames)[number];

/** Rings at each of its times, in milliseconds since 1970; `rung` of them have come. */
export interface Alarm {
  times: number[];
  rung: number;
}

interface Notices {
  /** What is new since the last notice. */
  changes: Change[];
  verdicts: VerdictRecord[];
  images: ImagesRecord[];
  /** As HR knows them. */
  nextAction: string;
  escalation: Status['escalation'];
  /** How many there have been. */
  composed: number;
  /** Whether HR is told at all, as the last answer of a worker said; `null`: none has come yet. */
  wanted: boolean | null;
  /** In the order in which they are sent. */
  unsent: Notice[];
}

/** All that a funnel remembers; carried over continue-as-new, so plain JSON. */
export interface Memory {
  application: Application;
  /** The last eight characters of the first run's id. */
  run: string;
  stage: Stage;
  /** The evaluation that is under way, or under review. */
  evaluation: OpenEvaluation | null;
  /** Why RiskOS cannot be asked at the moment, and since when (milliseconds since 1970). */
  trouble: { reason: string; since: number } | null;
  /** Evaluations that were given up at their deadline, and may still end well. */
  abandoned: { evaluationId: string; evalIds: string[] }[];
  /** Of those, what an event asked to be read. */
  late: { evaluationId: string; evalId: string }[];
  /** RiskOS's decisions on settled evaluations, so that a later one that differs is noticed. */
  decisions: { evaluationId: string; decision: string }[];
  /** Evaluations begun in each stage: the attempt number in evaluationId. */
  attempts: Partial<Record<Stage, number>>;
  /** The candidate's tries in the current stage, and evaluations lost to technical errors. */
  tries: number;
  technical: number;
  advice: Advice[];
  verdicts: VerdictRecord[];
  images: ImagesRecord[];
  /** Images that are wanted, and whose archiving has not been started. */
  toArchive: { stage: EvaluatedStage; ask: ImagesAsk }[];
  baseline: Baseline | null;
  /** When a person's part ends, and before that when HR is reminded of it (milliseconds since 1970). */
  deadline: number[];
  /** What the funnel waits for besides people and RiskOS. */
  alarms: Partial<Record<AlarmName, Alarm>>;
  attention: Attention | null;
  /** Where to go on after `retry` or `correct`. */
  interrupted: Stage | null;
  /** It stands there because of POSTs without a clear answer, which an event may still explain. */
  unexplained: boolean;
  outcome: Outcome | null;
  /** What HR or an operator asked for and the story has not yet taken up. */
  request: Request | null;
  /** The search attributes as last upserted. */
  shown: string;
  /** What HR is told of, and how far that is. */
  notices: Notices;
  seenEvents: string[];
  timeline: TimelineEntry[];
}

const keptEvents = 200;
const keptLines = 100;

export function newMemory(application: Application): Memory {
  return {
    application,
    run: workflowInfo().firstExecutionRunId.slice(-8),
    stage: application.baseline ? 'verified' : 'passive_check',
    evaluation: null,
    trouble: null,
    abandoned: [],
    late: [],
    decisions: [],
    attempts: {},
    tries: 1,
    technical: 0,
    advice: [],
    verdicts: [],
    images: [],
    toArchive: [],
    baseline: application.baseline ?? null,
    deadline: [],
    alarms: {},
    attention: null,
    interrupted: null,
    unexplained: false,
    outcome: null,
    request: null,
    shown: '',
    notices: {
      changes: [],
      verdicts: [],
      images: [],
      nextAction: '',
      escalation: null,
      composed: 0,
      wanted: null,
      unsent: [],
    },
    seenEvents: [],
    timeline: [],
  };
}

/** A memory of an earlier run, which an earlier release may have written: what it did not know is new. */
export function recall(carried: Memory): Memory {
  return { ...newMemory(carried.application), ...carried };
}

/** A line for people; never PII. */
export function note(memory: Memory, what: string): void {
  memory.timeline.push({ at: iso(now()), what });
  if (memory.timeline.length <= keptLines) return;
  // What RiskOS told of a capture is worth less than what was decided, and who decided it is kept to the last.
  const lines = memory.timeline.map((entry) => entry.what);
  const fromRiskos = lines.findIndex((line) => line.startsWith('RiskOS: '));
  const unreviewed = lines.findIndex((line) => !line.startsWith('review: '));
  memory.timeline.splice(Math.max(0, fromRiskos >= 0 ? fromRiskos : unreviewed), 1);
}

/** A trouble with RiskOS is told once when it begins, and once when it is over. */
export function noteTrouble(memory: Memory, reason: string | null): void {
  if (reason !== null && memory.trouble === null) {
    memory.trouble = { reason, since: now() };
    note(memory, `RiskOS: ${reason}; tried again until it answers`);
  } else if (reason === null && memory.trouble !== null) {
    memory.trouble = null;
    note(memory, 'RiskOS answers again');
  }
}

/** Whether this event is new; remembers it. */
export function firstSight(memory: Memory, eventId: string): boolean {
  if (memory.seenEvents.includes(eventId)) return false;
  memory.seenEvents.push(eventId);
  if (memory.seenEvents.length > keptEvents) memory.seenEvents.shift();
  return true;
}
