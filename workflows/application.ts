import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { application, type Application, describeIssues, workflowIdOf } from '../src/contract/index.ts';

/** Checks the start argument, which any Temporal client may have written; without a valid one there is no funnel. */
export function acceptApplication(input: unknown): Application {
  const parsed = application.safeParse(input);
  if (!parsed.success) throw refuse(describeIssues(parsed.error));
  const expected = workflowIdOf(parsed.data.applicationId);
  if (workflowInfo().workflowId !== expected) {
    throw refuse(`the workflow id must be "${expected}", or RiskOS's webhooks cannot find the funnel`);
  }
  return parsed.data;
}

function refuse(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason, 'InvalidApplication');
}
