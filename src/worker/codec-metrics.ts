import type { Registry } from 'prom-client';
import { type CodecProblem, codecProblems } from '../codec/index.ts';
import { applicationIdOf, processMetrics } from '../contract/index.ts';
import { counterOf } from '../instruments.ts';
import type { Log } from '../contract/log-fields.ts';

/** Counts and logs each payload that could not be encrypted or decrypted, by name and application; never a value. */
export function codecMetrics(
  registry: Registry,
  logger: Pick<Log, 'error'>,
): (problem: CodecProblem, workflowId: string) => void {
  const reasons = Object.keys(codecProblems).map((reason) => ({ reason }));
  const problems = counterOf(processMetrics.payloadProblems, registry, reasons);
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
