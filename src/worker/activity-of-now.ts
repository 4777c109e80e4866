import { activityInfo } from '@temporalio/activity';

/** Of a log line that an activity writes, however deep: the workflow and the activity. */
export function activityOfNow(): object {
  try {
    const { workflowExecution, workflowType, activityType, activityId, attempt } = activityInfo();
    return {
      workflowId: workflowExecution?.workflowId,
      runId: workflowExecution?.runId,
      workflowType,
      activityType,
      activityId,
      attempt,
    };
  } catch {
    return {};
  }
}
