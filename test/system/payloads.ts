import type { Client, Payload } from '@temporalio/client';
import { applicationIdOf } from '../../src/contract/index.ts';

/** Every encrypted payload that Temporal has of an application: histories, memos, of all its workflows. */
export async function payloadsIn(temporal: Client, applicationId: string): Promise<Payload[]> {
  const { workflowService, options } = temporal;
  const { namespace } = options;
  const found: Payload[] = [];
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
  for (const { execution } of executions) {
    if (!execution || applicationIdOf(execution.workflowId ?? '') !== applicationId) continue;
    const described = await workflowService.describeWorkflowExecution({ namespace, execution });
    const history = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
    found.push(...encryptedIn(described), ...encryptedIn(history));
  }
  return found;
}

function encryptedIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if (isPayload(value)) {
    const encoding = Buffer.from(value.metadata?.['encoding'] ?? []).toString();
    return encoding.startsWith('binary/encrypted') ? [value] : [];
  }
  return Object.values(value).flatMap(encryptedIn);
}

function isPayload(value: object): value is Payload {
  return 'metadata' in value && 'data' in value && value.data instanceof Uint8Array;
}
