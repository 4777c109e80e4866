import { readFileSync } from 'node:fs';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import type { Activated, Execution, Run } from './server/execution.ts';
import { type Command, isSame } from './server/protocol.ts';
import { randomnessSeedOf, replayFlags, workflowInfoOf } from './server/sandbox.ts';
import { startOf } from './server/tasks.ts';

/** The SDK's own sandbox, where every workflow has modules of its own, and what they share is frozen. */
export interface CrossCheck {
  /** Replays every run there; how many activations were compared, and where the commands differ. */
  compare(executions: Execution[]): Promise<{ activations: number; different: string[] }>;
  close(): Promise<void>;
}

export async function openCrossCheck(bundlePath: string): Promise<CrossCheck> {
  const bundle = parseWorkflowCode(readFileSync(bundlePath, 'utf8'), bundlePath);
  const creator = await ReusableVMWorkflowCreator.create(bundle, 10_000, new Set());

  const replay = async (execution: Execution, run: Run): Promise<string[]> => {
    const start = startOf(execution, run, run.startedAt);
    const workflow = await creator.createWorkflow({
      info: workflowInfoOf(start),
      randomnessSeed: randomnessSeedOf(start.runId),
      now: start.time,
      showStackTraceSources: false,
    });
    const different: string[] = [];
    for (const activated of run.committed.flat()) {
      if (activated.jobs.length === 0) continue;
      const completion = await workflow.activate(activationOf(run, activated));
      await workflow.getAndResetSinkCalls();
      const commands = completion.successful?.commands ?? [];
      if (!isSame(commands.map(withoutStack), activated.commands.map(withoutStack))) {
        different.push(
          `${execution.workflowId}: ${JSON.stringify(completion.failed?.failure?.message ?? commands)}`,
        );
      }
    }
    await workflow.dispose();
    return different;
  };

  return {
    async compare(executions) {
      let activations = 0;
      const different: string[] = [];
      for (const execution of executions) {
        for (const run of execution.runs) {
          activations += run.committed.flat().length;
          different.push(...(await replay(execution, run)));
        }
      }
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
