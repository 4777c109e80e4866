import type { Agenda, Entry } from './agenda.ts';
import type { Command, Failure, Job, Payload, ScheduleActivity } from './protocol.ts';
import type { Instance, Sandbox } from './sandbox.ts';

/** One activation of a workflow task, as history has it for a replay. */
export interface Activated {
  time: number;
  historyLength: number;
  continueAsNewSuggested: boolean;
  jobs: Job[];
  commands: Command[];
}

/** What somebody sent as an update, until it is answered. */
export interface PendingUpdate {
  id: string;
  name: string;
  input: unknown;
  accepted: boolean;
  answer(answer: UpdateAnswer): void;
}

/** `aborted`: the server gave it up with a workflow task that it failed. */
export type UpdateAnswer =
  | { kind: 'completed'; value: unknown }
  | { kind: 'refused'; type: string; message: string; accepted: boolean }
  | { kind: 'aborted' | 'not_found' };

export interface OpenActivity {
  command: ScheduleActivity;
  attempt: number;
  scheduledAt: number;
  closed: boolean;
  timeout?: Entry;
}

export interface Run {
  runId: string;
  arguments: Payload[];
  continuedFrom: string;
  startedAt: number;
  open: boolean;
  instance: Instance | null;
  committed: Activated[][];
  /** Events since the last workflow task. */
  buffer: Job[];
  updates: Map<string, PendingUpdate>;
  task: 'none' | 'scheduled' | 'running';
  tasks: number;
  lastTime: number;
  historyLength: number;
  suggestAtTask: number;
  suggested: boolean;
  /** An update reached it. */
  updated: boolean;
  timers: Map<number, Entry>;
  activities: Map<number, OpenActivity>;
  /** Children that have been asked for, and have not begun. */
  starting: number;
}

/** Which run started this one, and by which command. */
interface Parent {
  execution: Execution;
  run: Run;
  seq: number;
}

export interface Execution {
  workflowId: string;
  workflowType: string;
  firstRunId: string;
  parent?: Parent;
  run: Run;
  runs: Run[];
  status: 'open' | 'completed' | 'failed' | 'cancelled';
  result: unknown;
  attributes: Record<string, unknown>;
  memo: Record<string, unknown>;
}

/** How an attempt of an activity ended; `died`: its worker, so that nothing was reported. */
export type ActivityOutcome =
  | { kind: 'completed'; value: unknown }
  | { kind: 'failed'; failure: Failure; nextRetryDelay?: number }
  | { kind: 'died' };

export interface ActivityCall {
  type: string;
  input: Payload | undefined;
  attempt: number;
  workflowId: string;
  runId: string;
}

/** What goes wrong by chance; every number is in milliseconds. */
export interface Hazards {
  taskLatency(): number;
  taskDuration(): number;
  dispatch(): number;
  timerLateness(): number;
  losesTask(): boolean;
  evicts(): boolean;
  /** The workflow task of a run from which on continue-as-new is suggested. */
  suggestAtTask(): number;
}

export interface ServerOptions {
  agenda: Agenda;
  sandbox: Sandbox;
  hazards: Hazards;
  /** Takes one attempt of an activity up; `end` may be called later, once, or never. */
  perform(call: ActivityCall, end: (outcome: ActivityOutcome) => void): void;
  /** After a workflow task was committed. */
  onCommit(execution: Execution, run: Run, task: Activated[]): void;
  onUpdate(execution: Execution, update: PendingUpdate, answer: UpdateAnswer | 'accepted'): void;
  /** Before updates reach a workflow; null where its run is new. */
  beforeUpdates(execution: Execution, instance: Instance | null): void;
  /** True if the whole history of a run that ends must be replayed. */
  replaysAtEnd(run: Run): boolean;
  /** True if a child is cancelled before it has begun. */
  refusesChild?: (workflowType: string) => boolean;
  /** A rule of Temporal's was broken. */
  wrong: (reason: string) => void;
  trace(line: () => string): void;
}

export interface Start {
  workflowType: string;
  workflowId: string;
  input: Payload[];
  parent?: Parent;
}

/** What the parts of the server know of each other. */
export interface Context extends ServerOptions {
  executions: Map<string, Execution>;
  newId(): string;
  start(start: Start): Execution;
  /** The next run of the same execution; what was not delivered to the old one goes to it. */
  continueAsNew(execution: Execution, input: Payload[]): void;
  /** An event of the current run: it is buffered until the next workflow task begins. */
  deliver(execution: Execution, job: Job): void;
}
