import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { WorkflowInfo } from '@temporalio/workflow';
import { createUnsafeRandomSource } from '@temporalio/workflow/lib/random-helpers.js';
import { injectGlobals } from '@temporalio/worker/lib/workflow/vm-shared.js';
import type { Activation, Command, InitializeWorkflow, Payload } from './protocol.ts';

/** The SDK's workflow-side runtime with the workflow bundle, evaluated once in a vm context for all workflows. */
export interface Sandbox {
  open(start: RunStart): Instance;
}

/** One workflow run in memory, as a worker's cache holds it. */
export interface Instance {
  /** The commands of one activation. Throws where the workflow task fails. */
  activate(activation: Activation): Command[];
  query(name: string): Payload;
  dispose(): void;
}

export interface RunStart {
  runId: string;
  initialize: InitializeWorkflow;
  parent?: { workflowId: string; runId: string };
  /** Milliseconds since 1970: of the run's first workflow task. */
  time: number;
  replaying: boolean;
}

const taskQueue = 'simulated';
const namespace = 'default';

/** What a worker of the SDK knows of a run when it creates the workflow. */
export function workflowInfoOf({ runId, initialize, parent, time, replaying }: RunStart): WorkflowInfo {
  return {
    workflowId: initialize.workflowId,
    runId,
    workflowType: initialize.workflowType,
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    parent: parent && { ...parent, namespace },
    taskQueue,
    namespace,
    firstExecutionRunId: initialize.firstExecutionRunId,
    originalExecutionRunId: runId,
    continuedFromExecutionRunId: initialize.continuedFromExecutionRunId || undefined,
    startTime: new Date(time),
    runStartTime: new Date(time),
    taskTimeoutMs: 10_000,
    attempt: 1,
    historyLength: 3,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    unsafe: {
      now: () => time,
      random: createUnsafeRandomSource(() => 0),
      isReplaying: replaying,
      isReplayingHistoryEvents: replaying,
    },
  };
}

/** The SDK's two flags: a worker that replays finds them in the history, one that is live sets them. */
export const replayFlags = [1, 2];
/** Each run has random bits of its own, as on a server. */
export function randomnessSeedOf(runId: string): number[] {
  return [...createHash('sha256').update(runId).digest().subarray(0, 8)];
}

interface Activator {
  now: number;
  mutateWorkflowInfo(change: (info: { unsafe: object }) => object): void;
  addKnownFlags(flags: number[]): void;
  getAndResetSinkCalls(): unknown[];
}

/** `onSinkCalls` gets what the workflows log. */
export function openSandbox(bundlePath: string, onSinkCalls: (calls: unknown[]) => void = () => {}): Sandbox {
  const context = createContext({}, { microtaskMode: 'afterEvaluate' });
  injectGlobals(context);
  context['__webpack_module_cache__'] = {};
  new Script(readFileSync(bundlePath, 'utf8'), { filename: bundlePath }).runInContext(context);
  const load =
    '__TEMPORAL__.preloadModules?.(); __TEMPORAL__.importWorkflows(); __TEMPORAL__.importInterceptors();' +
    // Nobody reads the stacks of the failures that the workflow makes.
    'Error.stackTraceLimit = 0;';
  new Script(load).runInContext(context);
  const script = new Script('__TEMPORAL__.api[__simulated.name](...__simulated.args)');

  // Microtasks of the workflow run until the script has returned.
  const call = (activator: Activator | undefined, name: string, ...args: unknown[]) => {
    context['__TEMPORAL_ACTIVATOR__'] = activator;
    context['__simulated'] = { name, args };
    return script.runInContext(context);
  };

  return {
    open(start) {
      call(undefined, 'initRuntime', {
        info: workflowInfoOf(start),
        randomnessSeed: randomnessSeedOf(start.runId),
        now: start.time,
        sourceMap: {},
        getTimeOfDay: () => 0n,
        registeredActivityNames: new Set(),
        stackTracesEnabled: false,
        showStackTraceSources: false,
        failureExceptionTypeNames: [],
      });
      const activator: Activator = context['__TEMPORAL_ACTIVATOR__'];
      const conclude = (): Command[] => {
        const completion: { successful: { commands: Command[] } } = call(activator, 'concludeActivation');
        onSinkCalls(activator.getAndResetSinkCalls());
        return completion.successful.commands;
      };
      return {
        activate({ time, historyLength, continueAsNewSuggested, replaying, jobs }) {
          activator.now = time;
          activator.mutateWorkflowInfo((info) => ({
            ...info,
            historyLength,
            historySize: historyLength * 200,
            continueAsNewSuggested,
            unsafe: { ...info.unsafe, isReplaying: replaying, isReplayingHistoryEvents: replaying },
          }));
          activator.addKnownFlags(replaying ? replayFlags : []);
          for (const job of jobs) {
            if (job.variant === 'initializeWorkflow') call(activator, 'initialize', job.initializeWorkflow);
          }
          call(activator, 'activate', {
            timestamp: msToTs(time),
            historyLength,
            continueAsNewSuggested,
            isReplaying: replaying,
            jobs: [...jobs],
          });
          while (call(activator, 'tryUnblockConditions') > 0);
          return conclude();
        },
        query(name) {
          const queryWorkflow = { queryId: 'q', queryType: name, arguments: [], headers: {} };
          call(activator, 'activate', { jobs: [{ variant: 'queryWorkflow', queryWorkflow }] });
          const [command] = conclude();
          const answer = command?.respondToQuery?.succeeded;
          if (!answer) throw new Error(`the query ${name} failed`);
          return answer.response;
        },
        dispose() {
          call(activator, 'dispose');
        },
      };
    },
  };
}
