import { Counter, type Registry } from 'prom-client';
import { type CodecProblem, codecProblems } from '../codec/index.ts';
import { applicationIdOf } from '../contract/index.ts';
import type { Log } from '../contract/log-fields.ts';

/** Counts and logs each payload that could not be encrypted or decrypted, by name and application; never a value. */
export function codecMetrics(
  registry: Registry,
  logger: Pick<Log, 'error'>,
): (problem: CodecProblem, workflowId: string) => void {
  const problems = new Counter({
    name: 'candidate_funnel_payload_problems_total',
    help: 'Payloads that could not be encrypted or decrypted, by reason; the workflow waits, and the task is repeated',
    labelNames: ['reason'],
    registers: [registry],
  });
  for (const reason of Object.keys(codecProblems)) problems.inc({ reason }, 0);
  return (reason, workflowId) => {
    problems.inc({ reason });
    logger.error(
      {
        reason,
        workflowId,
        applicationId: applicationIdOf(workflowId),
        action: codecProblems[reason].action,
      },
      'a payload cannot be encrypted or decrypted',
    );
  };
}
