import { type Processed, riskosId } from '../contract/index.ts';
import { isRecord } from './json.ts';
import { opaqueId } from './requests.ts';

/** What was sent, as far as the answer must agree with it. */
export type Sent =
  | { kind: 'create'; evaluationId: string }
  | { kind: 'patch'; evalId: string }
  | { kind: 'read'; evalId: string };

/**
 * Whether RiskOS processed what was sent, from the status, the JSON of its answer (`undefined` is no JSON) and the error
 * code in it. Only a documented refusal in RiskOS's own words is a certain "no": anything on the way can write a status.
 */
export function processedBy(sent: Sent, status: number, body: unknown, code?: string): Processed {
  if (sent.kind === 'read') return 'no';
  const named = namedIn(body);
  if (sent.kind === 'patch') {
    if (isSuccess(status)) return named.evalId === sent.evalId ? 'yes' : 'perhaps';
  } else if (named.evalId !== undefined) {
    return named.id === sent.evaluationId ? 'yes' : 'perhaps';
  }
  return status === 429 || isRefusal(status, body, code) ? 'no' : 'perhaps';
}

/** The evaluation that an answer names, whatever else is wrong with it. */
export function evalIdIn(body: unknown): string | undefined {
  return namedIn(body).evalId;
}

function namedIn(body: unknown): { id?: string | undefined; evalId?: string | undefined } {
  if (!isRecord(body)) return {};
  return { id: opaqueId.safeParse(body['id']).data, evalId: riskosId.safeParse(body['eval_id']).data };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether a body is one of RiskOS's error shapes and nothing else [doc, seen]. */
export function holdsError(body: unknown): boolean {
  return isRecord(body) && !('eval_id' in body) && ['error', 'message', 'code'].some((key) => key in body);
}

/** The documented statuses of a refusal [doc]. 404 is not among them: a wrong path, or a proxy, says it too. */
const refusalStatuses = [400, 401, 403, 422];

/** A 404 with one of these is RiskOS's: no workflow ran. */
const refusalCodes = ['WORKFLOW_NOT_FOUND', 'WORKFLOW_NOT_PUBLISHED'];

function isRefusal(status: number, body: unknown, code: string | undefined): boolean {
  if (!holdsError(body)) return false;
  return (
    refusalStatuses.includes(status) || (status === 404 && code !== undefined && refusalCodes.includes(code))
  );
}
