import { randomOf } from '../hazards/random.ts';
import { checkShown, type ShownWatch, watchShown } from './shown.ts';
import { watchPosts } from './facts.ts';
import { type Facts, judge } from './oracle.ts';
import { type Plan, planOf } from './plan.ts';
import { createAgenda } from './server/agenda.ts';
import type { Activated, Execution, Hazards, PendingUpdate, Run, UpdateAnswer } from './server/execution.ts';
import { fromPayload } from './server/protocol.ts';
import type { Instance, Sandbox } from './server/sandbox.ts';
import { createServer } from './server/server.ts';
import { replayWhole } from './server/tasks.ts';
import { linesOf, sinceStart } from './trace.ts';
import { createCalls } from './world/calls.ts';
import { names, type Status, type Update, updates, workflowIdOf } from './world/contract.ts';
import { createPeople } from './world/people.ts';
import { createRiskos } from './world/riskos.ts';
import { checkUpdate } from './updates.ts';
import { createWebhooks } from './world/webhooks.ts';

export interface Life {
  seed: number;
  /** Why it is wrong; none where it is right. */
  wrong: string[];
  end: string;
  tasks: number;
  activations: number;
  runs: number;
  posts: number;
  executions: Execution[];
}

interface Options {
  plan?: Plan;
  /** Called with each line of the trace. */
  trace?: (line: string) => void;
}

/** Nobody lives longer, in workflow tasks: a life that does will never end. */
const mostTasks = 6000;
/** Each eviction costs a replay, and each run a start; after so many there is nothing new in them. */
const mostEvictions = 6;
const mostShortRuns = 6;
const startedAt = Date.UTC(2026, 0, 5, 9);

/** One whole life of a funnel, and of what it starts, in virtual time; the same each time for the same seed. */
export function simulate(sandbox: Sandbox, seed: number, { plan = planOf(seed), trace }: Options = {}): Life {
  const agenda = createAgenda(startedAt);
  const wrong: string[] = [];
  const say = (reason: string): void => void wrong.push(`${sinceStart(agenda.now(), startedAt)} ${reason}`);
  const workflowId = workflowIdOf(plan.application.applicationId);
  const accepted: Facts['accepted'] = [];
  let leftAt: number | null = null;
  let closedAt: number | null = null;
  let stopped = false;
  let tasks = 0;
  let activations = 0;
  let before: Status | null = null;
  let latest: Status | null = null;
  let pending = 0;

  const riskos = createRiskos({
    agenda,
    plan,
    random: randomOf(seed, 'riskos'),
    emit: ({ evalId, attempt }, eventType, { prompt = false, ...more }) =>
      send({ eventType, evaluationId: attempt.evaluationId, evalId, ...more }, prompt),
  });
  const send = createWebhooks(plan, {
    agenda,
    random: randomOf(seed, 'webhooks'),
    deliver: (event) => void server.signal(workflowId, names.riskosEvent, event),
  });
  const calls = createCalls({ agenda, plan, riskos, startedAt });
  const posts = watchPosts(plan, riskos, say);
  const shown: ShownWatch = watchShown(plan, say);
  const contradicted = new Set<string>();
  const asking = randomOf(seed, 'readNow');
  /** When each `readNow` was accepted, and where the funnel stood. */
  const asked = new Map<string, { at: number; place: string }>();
  let answered: { at: number; place: string }[] = [];

  const server = createServer({
    agenda,
    sandbox,
    hazards: hazardsOf(plan),
    perform: (call, end) => calls.perform(call, end),
    wrong: say,
    // It costs as much as the life itself. What updates leave in a history is the likeliest to differ.
    replaysAtEnd: ({ updated }) => updated || seed % 4 === 0,
    trace: (line) => trace?.(`${sinceStart(agenda.now(), startedAt)} ${line()}`),
    beforeUpdates(execution, instance) {
      if (execution.workflowId === workflowId) before = instance && statusOf(instance);
    },
    onUpdate(execution, update, answer) {
      if (answer === 'accepted') {
        accepted.push({ name: update.name, verdict: verdictOf(update), at: execution.run.lastTime });
        if (update.name === 'retry' || update.name === 'correct') posts.retried();
        if (update.name === 'withdraw') leftAt ??= execution.run.lastTime;
      }
      if (update.name === 'readNow') {
        const reading = asked.get(update.id);
        if (answer === 'accepted' && before)
          asked.set(update.id, { at: execution.run.lastTime, place: placeOf(before) });
        else if (reading && answer !== 'accepted' && answer.kind === 'completed') answered.push(reading);
      }
      if (before) checkUpdate(before, update, answer, accepted, say);
    },
    onCommit(execution, run, task) {
      tasks += 1;
      activations += task.length;
      if (trace) for (const line of linesOf(execution, task, startedAt)) trace(line);
      if (execution.workflowId !== workflowId) return;
      posts.see(run, task);
      if (task.some(({ jobs }) => jobs.some(({ variant }) => variant === 'cancelWorkflow')))
        leftAt ??= run.lastTime;
      look(execution, run, task);
    },
  });

  const look = (execution: Execution, run: Run, task: Activated[]): void => {
    if (!run.instance) return;
    const status = statusOf(run.instance);
    latest = status;
    if (status.stage === 'closed') closedAt ??= run.lastTime;
    stopped ||= status.stage === 'needs_attention';
    trace?.(`    = ${statusLine(status)}`);
    const begun = posts.begun.at(-1);
    const open = begun?.key;
    for (const { at, place } of answered) {
      const isForgotten = begun && riskos.attempts.get(begun.evaluationId)?.plan.forgotten;
      if (placeOf(status) === place && posts.lastReadBegan < at && !isForgotten)
        say('readNow is answered, and no reading has begun since');
    }
    answered = [];
    const commands = task.flatMap((activated) => activated.commands);
    const isRead = commands.some(
      ({ scheduleActivity }) => scheduleActivity?.activityType === 'readEvaluation',
    );
    if (isRead && asking.chance(0.05))
      agenda.after(asking.between(0, 1000), () => sendUpdate(updates.readNow(), () => undefined));
    const again = commands.findIndex((command) => command.continueAsNewWorkflowExecution);
    const wentOn = again >= 0 && again < commands.length - 1;
    shown.see(execution, run, status, begun?.at ?? startedAt, wentOn);
    posts.checkReading(run, status);
    if (status.deadline !== null && open?.stage === status.stage && open.attempt === status.attempt) {
      riskos.announce(open, Date.parse(status.deadline));
    }
    contradictSettled(status);
    people.look(status);
  };

  const contradictSettled = (status: Status): void => {
    if (status.stage === 'review') return;
    for (const { evaluationId } of status.verdicts) {
      if (contradicted.has(evaluationId)) continue;
      contradicted.add(evaluationId);
      const attempt = riskos.attempts.get(evaluationId);
      const contradiction = attempt?.plan.contradiction;
      if (!attempt || !contradiction) continue;
      agenda.after(contradiction.after, () => riskos.contradict(attempt, contradiction.decision));
    }
  };

  const sendUpdate = ({ name, input }: Update, answer: (answer: UpdateAnswer) => void): void => {
    pending += 1;
    server.update(workflowId, name, input, (given) => {
      pending -= 1;
      answer(given);
    });
  };

  const people = createPeople({
    agenda,
    plan,
    random: randomOf(seed, 'people'),
    riskos,
    send: sendUpdate,
    cancel: () => void server.cancel(workflowId),
  });

  const funnel = server.start(names.funnel, workflowId, [plan.application]);
  while (wrong.length === 0 && agenda.step()) {
    if (tasks > mostTasks) say(`no end after ${tasks} workflow tasks; it stands at ${statusLine(latest)}`);
  }

  if (wrong.length === 0) {
    for (const execution of server.executions.values()) {
      if (execution.status === 'open') replayWhole(say, sandbox, execution, execution.run);
    }
    if (pending > 0) say(`${pending} updates were never answered`);
    if (!latest) say('it never showed anything');
    else {
      const facts: Facts = {
        attempts: riskos.attempts,
        begun: posts.begun,
        stopped,
        accepted,
        left: leftAt !== null,
        leftInTime: leftAt !== null && leftAt < (closedAt ?? Infinity),
        completedReads: posts.completedReads,
        contradicted: posts.contradicted,
      };
      const reason = judge(plan, facts, latest);
      if (reason !== null) say(reason);
      checkShown({ plan, status: latest, funnel, executions: server.executions, calls, shown, wrong: say });
    }
  }
  const executions = [...server.executions.values()];
  return {
    seed,
    wrong,
    end: statusLine(latest),
    tasks,
    activations,
    runs: executions.reduce((sum, { runs }) => sum + runs.length, 0),
    posts: posts.posts,
    executions,
  };
}

function hazardsOf({ seed, rates }: Plan): Hazards {
  const streams = {
    latency: randomOf(seed, 'latency'),
    duration: randomOf(seed, 'duration'),
    dispatch: randomOf(seed, 'dispatch'),
    timers: randomOf(seed, 'timers'),
    lost: randomOf(seed, 'lost tasks'),
    evicted: randomOf(seed, 'evictions'),
    suggested: randomOf(seed, 'continue as new'),
  };
  let evictions = mostEvictions;
  let runs = 0;
  return {
    taskLatency: () =>
      streams.latency.chance(0.02) ? streams.latency.between(1, 8000) : streams.latency.between(1, 20),
    taskDuration: () =>
      streams.duration.chance(0.03) ? streams.duration.between(1, 3000) : streams.duration.between(1, 10),
    dispatch: () =>
      streams.dispatch.chance(0.02) ? streams.dispatch.between(1, 20_000) : streams.dispatch.between(1, 20),
    timerLateness: () => (streams.timers.chance(0.2) ? streams.timers.between(0, 1000) : 0),
    losesTask: () => streams.lost.chance(rates.taskLost),
    evicts: () => streams.evicted.chance(rates.evicted) && evictions-- > 0,
    suggestAtTask() {
      if (rates.suggestWithin === 0) return Infinity;
      runs += 1;
      return streams.suggested.between(2, runs > mostShortRuns ? 200 : rates.suggestWithin);
    },
  };
}

function placeOf({ stage, attempt, verdicts }: Status): string {
  return `${stage} ${attempt} ${verdicts.length}`;
}

function statusOf(instance: Instance): Status {
  return fromPayload(instance.query(names.status));
}

function verdictOf({ input }: PendingUpdate): string | null {
  return typeof input === 'object' && input !== null && 'verdict' in input ? String(input.verdict) : null;
}

function statusLine(status: Status | null): string {
  if (!status) return 'nothing';
  const verdicts = status.verdicts.map((one) =>
    [one.stage, one.attempt, one.verdict, ...one.flags].join(' '),
  );
  return `${[status.stage, status.outcome, status.attempt, status.waitingFor, status.nextAction.kind].join(' ')} [${verdicts.join(', ')}]`;
}
