import {
  type ImagesStatus,
  imagesOfMemo,
  imagesStatus,
  type Notice,
  type TimelineEntry,
  timelineQuery,
} from '../../src/contract/index.ts';
import { createAgenda } from './server/agenda.ts';
import type { ActivityCall, ActivityOutcome, Hazards, UpdateAnswer } from './server/execution.ts';
import { fromPayload } from './server/protocol.ts';
import type { Sandbox } from './server/sandbox.ts';
import { createServer, type Server } from './server/server.ts';
import { applicationFailure, names } from './world/contract.ts';

const minute = 60_000;
export const day = 24 * 60 * minute;

export const evaluationId = 'app-1~0a1b2c3d~document_verification~1';
const workflowId = `images-${evaluationId}`;
const startedAt = Date.UTC(2026, 0, 5, 9);

/** What the activities answer; each is asked again until it completes. */
export interface Answers {
  archiveImages: () => ActivityOutcome;
  deleteImages: () => ActivityOutcome;
  holdImages: () => ActivityOutcome;
  releaseImages: () => ActivityOutcome;
  notify: () => ActivityOutcome;
}

export function completed(value: unknown): ActivityOutcome {
  return { kind: 'completed', value };
}

export function failed(type: string, nonRetryable: boolean, details?: unknown): ActivityOutcome {
  return { kind: 'failed', failure: applicationFailure(type, nonRetryable, details) };
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** A calm server: only what a test changes goes wrong. */
const calm: Hazards = {
  taskLatency: () => 5,
  taskDuration: () => 2,
  dispatch: () => 5,
  timerLateness: () => 0,
  losesTask: () => false,
  evicts: () => false,
  suggestAtTask: () => Infinity,
};

/** A life that takes more will never end. */
const mostTasks = 3000;

export interface RetentionLife {
  server: Server;
  /** Names of the activities, in the order of their attempts. */
  calls: string[];
  /** Notices that the receiver took, doubles included. */
  notices: Notice[];
  now: () => number;
  /** Lets everything happen that is due within these milliseconds. */
  pass: (milliseconds: number) => void;
  status: () => ImagesStatus;
  timeline: () => string[];
  /** The status, or the words of the refusal. */
  update: (name: string, input?: object) => ImagesStatus | string;
}

/** A retention workflow in virtual time, whose whole history is replayed at the end of each run. */
export function retentionLife(
  sandbox: Sandbox,
  {
    answers = {},
    hazards = {},
    keepFor = 90 * day,
    lasts = () => 50,
  }: {
    answers?: Partial<Answers>;
    hazards?: Partial<Hazards>;
    keepFor?: number;
    /** Milliseconds until an activity answers. */
    lasts?: (name: keyof Answers) => number;
  } = {},
): RetentionLife {
  const agenda = createAgenda(startedAt);
  let tasks = 0;
  const calls: string[] = [];
  const notices: Notice[] = [];
  const usual: Answers = {
    archiveImages: () =>
      completed({
        result: 'archived',
        count: 3,
        attachments: 0,
        archivedAt: iso(agenda.now()),
        noticesConfigured: true,
      }),
    deleteImages: () => completed({ removed: 4, verifiedAt: iso(agenda.now()), noticesConfigured: true }),
    holdImages: () => completed({ by: 'Ada', reason: 'case 7', since: iso(agenda.now()), archived: true }),
    releaseImages: () => completed({ released: true }),
    notify: () => completed(null),
  };
  const perform = ({ type, input }: ActivityCall, end: (outcome: ActivityOutcome) => void): void => {
    calls.push(type);
    if (!isAnswered(type)) throw new Error(`an unknown activity: ${type}`);
    const outcome = (answers[type] ?? usual[type])();
    if (type === 'notify' && outcome.kind === 'completed') notices.push(fromPayload(input));
    agenda.after(lasts(type), () => end(outcome));
  };
  const server = createServer({
    agenda,
    sandbox,
    hazards: { ...calm, ...hazards },
    perform,
    onCommit(committed) {
      if (tasks++ > mostTasks) throw new Error(`no end after ${mostTasks} workflow tasks`);
      if (committed.workflowId === workflowId) readMemo(committed.memo);
    },
    onUpdate: () => undefined,
    beforeUpdates: () => undefined,
    replaysAtEnd: () => true,
    wrong: (reason) => {
      throw new Error(reason);
    },
    trace: () => undefined,
  });
  const ask = {
    applicationId: 'app-1',
    evaluationId,
    evalId: 'eval-1',
    documentType: null,
    reasonCodes: [],
    lag: minute,
    keepFor,
  };
  const execution = server.start(names.images, workflowId, [{ ask, keepFor, giveUpAfter: day }]);

  const life: RetentionLife = {
    server,
    calls,
    notices,
    now: () => agenda.now(),
    pass(milliseconds) {
      const end = agenda.now() + milliseconds;
      agenda.at(end, () => undefined);
      while (agenda.now() < end) agenda.step();
    },
    status: () => readMemo(execution.memo),
    timeline() {
      const { instance } = execution.run;
      if (!instance) throw new Error('the workflow is not in memory');
      const lines: TimelineEntry[] = fromPayload(instance.query(timelineQuery));
      return lines.map(({ what }) => what);
    },
    update(name, input = { by: 'Ada', reason: 'case 7' }) {
      const came: UpdateAnswer[] = [];
      server.update(workflowId, name, input, (answer) => came.push(answer));
      while (came.length === 0 && agenda.step());
      const [given] = came;
      if (!given) throw new Error(`${name} was never answered`);
      if (given.kind === 'completed') return readStatus(given.value);
      return given.kind === 'refused' ? `${given.type}: ${given.message}` : given.kind;
    },
  };
  return life;
}

const answered: readonly (keyof Answers)[] = [
  'archiveImages',
  'deleteImages',
  'holdImages',
  'releaseImages',
  'notify',
];

function isAnswered(type: string): type is keyof Answers {
  return answered.some((known) => known === type);
}

function readMemo({ status, private: hidden }: Record<string, unknown>): ImagesStatus {
  return readStatus(imagesOfMemo(status, hidden));
}

function readStatus(value: unknown): ImagesStatus {
  const parsed = imagesStatus.safeParse(value);
  if (!parsed.success) throw new Error(`no status: ${JSON.stringify(value)}`);
  return parsed.data;
}
