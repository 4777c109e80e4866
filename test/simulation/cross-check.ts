import { readFileSync } from 'node:fs';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import type { Activated, Execution, Run } from './server/execution.ts';
import { type Command, isSame } from './server/protocol.ts';
import { randomnessSeedOf, replayFlags, workflowInfoOf } from './server/sandbox.ts';
import { startOf } from './server/tasks.ts';

/** The SDK's own sandbox, where every workflow has modules of its own, and what they share is frozen. */
export interface CrossCheck {
  /** Replays all runs there at once, in turns; how many activations were compared, and where the commands differ. */
  compare(executions: Execution[]): Promise<{ activations: number; different: string[] }>;
  close(): Promise<void>;
}

export async function openCrossCheck(bundlePath: string): Promise<CrossCheck> {
  const bundle = parseWorkflowCode(readFileSync(bundlePath, 'utf8'), bundlePath);
  const creator = await ReusableVMWorkflowCreator.create(bundle, 10_000, new Set());
  // Its hook into every promise of the process is for stack traces, which nobody reads, and slows down whatever runs here and later.
  globalHandlers.uninstall();

  const open = async (execution: Execution, run: Run) => {
    const start = startOf(execution, run, run.startedAt);
    const workflow = await creator.createWorkflow({
      info: workflowInfoOf(start),
      randomnessSeed: randomnessSeedOf(start.runId),
      now: start.time,
      showStackTraceSources: false,
    });
    const left = run.committed.flat().filter(({ jobs }) => jobs.length > 0);
    /** One activation: where its commands differ; undefined when there is none left. */
    return async (): Promise<string[] | undefined> => {
      const activated = left.shift();
      if (!activated) {
        await workflow.dispose();
        return undefined;
      }
      const completion = await workflow.activate(activationOf(run, activated));
      await workflow.getAndResetSinkCalls();
      const commands = completion.successful?.commands ?? [];
      if (isSame(commands.map(withoutStack), activated.commands.map(withoutStack))) return [];
      const failure = completion.failed?.failure?.message ?? commands;
      return [`${execution.workflowId}: ${JSON.stringify(failure)}`];
    };
  };

  return {
    async compare(executions) {
      const runs = executions.flatMap((execution) => execution.runs.map((run) => ({ execution, run })));
      let underWay = await Promise.all(runs.map(({ execution, run }) => open(execution, run)));
      const different: string[] = [];
      // In turns, as a worker's thread does: what one leaves behind in a shared module would change another.
      while (underWay.length > 0) {
        const still: typeof underWay = [];
        for (const activateNext of underWay) {
          const found = await activateNext();
          if (!found) continue;
          different.push(...found);
          still.push(activateNext);
        }
        underWay = still;
      }
      const activations = runs.reduce((sum, { run }) => sum + run.committed.flat().length, 0);
      return { activations, different };
    },
    close: () => creator.destroy(),
  };
}

function activationOf({ runId }: Run, { time, historyLength, continueAsNewSuggested, jobs }: Activated) {
  return {
    runId,
    timestamp: msToTs(time),
    historyLength,
    continueAsNewSuggested,
    isReplaying: true,
    availableInternalFlags: replayFlags,
    jobs: [...jobs],
  };
}

/** The SDK's sandbox knows the sources' lines, the simulation's does not look. */
function withoutStack(command: object): object {
  const plain: { updateResponse?: { rejected?: { stackTrace?: string } } } & Command = { ...command };
  if (!plain.updateResponse?.rejected) return command;
  return {
    ...plain,
    updateResponse: {
      ...plain.updateResponse,
      rejected: { ...plain.updateResponse.rejected, stackTrace: '' },
    },
  };
}
