import type { temporalClient } from '../../client/index.ts';
import { imagesWorkflowIdOf } from '../../contract/index.ts';

/** WORKFLOW_EXECUTION_STATUS_RUNNING. */
const running = 1;
/** gRPC's NOT_FOUND. */
const notFound = 5;

/** True while the retention workflow of an evaluation runs, which then accounts for its images. Reads no payload. */
export async function retentionRuns(
  temporal: ReturnType<typeof temporalClient>,
  evaluationId: string,
): Promise<boolean> {
  try {
    const { workflowExecutionInfo } = await temporal.workflowService.describeWorkflowExecution({
      namespace: temporal.options.namespace,
      execution: { workflowId: imagesWorkflowIdOf(evaluationId) },
    });
    return Number(workflowExecutionInfo?.status) === running;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === notFound) return false;
    throw error;
  }
}
