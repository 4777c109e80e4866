import { type Payload, payloadsOf, signalJob, toPayload } from './protocol.ts';
import type {
  Context,
  Execution,
  PendingUpdate,
  Run,
  ServerOptions,
  Start,
  UpdateAnswer,
} from './execution.ts';
import { wake } from './tasks.ts';

/** A miniature of a Temporal server with one worker, in virtual time. */
export interface Server {
  executions: Map<string, Execution>;
  start(workflowType: string, workflowId: string, input: unknown[]): Execution;
  /** False where no open workflow has this id. */
  signal(workflowId: string, signalName: string, input: unknown): boolean;
  update(workflowId: string, name: string, input: unknown, answer: (answer: UpdateAnswer) => void): void;
  cancel(workflowId: string): boolean;
}

export function createServer(options: ServerOptions): Server {
  let ids = 0;
  const context: Context = {
    ...options,
    executions: new Map(),
    // The first eight characters of the id of a real run are a clock, the last ones are random.
    newId: () => `0193d5c1-0000-7000-8000-${(++ids * 0x9e3779b1).toString(16).padStart(12, '0').slice(-12)}`,
    start: (start) => startExecution(context, start),
    continueAsNew: (execution, input) => continueExecution(context, execution, input),
    deliver(execution, job) {
      execution.run.buffer.push(job);
      wake(context, execution);
    },
  };
  const openOne = (workflowId: string) => {
    const execution = context.executions.get(workflowId);
    return execution?.status === 'open' ? execution : undefined;
  };
  return {
    executions: context.executions,
    start: (workflowType, workflowId, input) =>
      startExecution(context, { workflowType, workflowId, input: input.map(toPayload) }),
    signal(workflowId, signalName, input) {
      const execution = openOne(workflowId);
      if (execution) context.deliver(execution, signalJob(signalName, [toPayload(input)]));
      return execution !== undefined;
    },
    update(workflowId, name, input, answer) {
      const execution = openOne(workflowId);
      if (!execution) return answer({ kind: 'not_found' });
      const id = context.newId();
      sendUpdate(context, execution, { id, name, input, accepted: false, answer });
    },
    cancel(workflowId) {
      const execution = openOne(workflowId);
      if (execution) {
        context.deliver(execution, { variant: 'cancelWorkflow', cancelWorkflow: { reason: '' } });
      }
      return execution !== undefined;
    },
  };
}

function startExecution(context: Context, { workflowType, workflowId, input, parent }: Start): Execution {
  const runId = context.newId();
  const execution: Execution = {
    workflowId,
    workflowType,
    firstRunId: runId,
    ...(parent ? { parent } : {}),
    run: newRun(context, runId, input, ''),
    runs: [],
    status: 'open',
    result: undefined,
    attributes: {},
    // As our client starts a funnel: with its key, and a status that the workflow changes at once.
    memo: parent ? {} : { status: { stage: 'starting' }, private: {} },
  };
  execution.runs.push(execution.run);
  context.executions.set(workflowId, execution);
  begin(context, execution);
  return execution;
}

function continueExecution(context: Context, execution: Execution, input: Payload[]): void {
  const { run } = execution;
  const next = newRun(context, context.newId(), input, run.runId);
  execution.run = next;
  execution.runs.push(next);
  begin(context, execution);
  // A client sends an update again whose run has gone on.
  for (const update of run.updates.values()) if (!update.accepted) sendUpdate(context, execution, update);
}

function newRun(context: Context, runId: string, input: Payload[], continuedFrom: string): Run {
  return {
    runId,
    arguments: input,
    continuedFrom,
    startedAt: context.agenda.now(),
    open: true,
    instance: null,
    committed: [],
    buffer: [],
    updates: new Map(),
    task: 'none',
    tasks: 0,
    lastTime: 0,
    historyLength: 1,
    suggestAtTask: context.hazards.suggestAtTask(),
    suggested: false,
    updated: false,
    timers: new Map(),
    activities: new Map(),
    starting: 0,
  };
}

function begin(context: Context, execution: Execution): void {
  const { run, workflowId, workflowType } = execution;
  context.deliver(execution, {
    variant: 'initializeWorkflow',
    initializeWorkflow: {
      workflowType,
      workflowId,
      arguments: run.arguments,
      headers: {},
      firstExecutionRunId: execution.firstRunId,
      continuedFromExecutionRunId: run.continuedFrom,
      attempt: 1,
      memo: { fields: payloadsOf(execution.memo) },
    },
  });
}

function sendUpdate(context: Context, execution: Execution, update: PendingUpdate): void {
  const { id, name, input } = update;
  execution.run.updates.set(id, update);
  context.deliver(execution, {
    variant: 'doUpdate',
    doUpdate: {
      id,
      protocolInstanceId: id,
      name,
      input: input === undefined ? [] : [toPayload(input)],
      headers: {},
      meta: { updateId: id, identity: '' },
      runValidator: true,
    },
  });
}
