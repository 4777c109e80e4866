import {
  type Attempt,
  type FunnelState,
  inWords,
  parseEvaluationId,
  type RiskosEvent,
  riskosEvent,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';
import { mayHaveChanged, queueCheck } from './contradictions.ts';
import { hint } from './evaluation/hints.ts';
import { firstSight, openChecking } from './state.ts';
import { note } from './timeline.ts';

/** Events that can mean a new state of an open evaluation; all others are for people only. */
const telling: readonly string[] = [
  'evaluation_completed',
  'evaluation_paused',
  'reevaluation',
  'workflow_execution_failed',
  'decision_update',
];

/** An event only wakes the wait, which then reads RiskOS. Duplicates and events of other funnels change nothing. */
export function onRiskosEvent(state: FunnelState, payload: unknown): void {
  recordActivation(state);
  const parsed = riskosEvent.safeParse(payload);
  if (!parsed.success) return;
  const event = parsed.data;
  const key = parseEvaluationId(event.evaluationId);
  if (key?.run !== state.run || key.applicationId !== state.application.applicationId) return;
  if (!firstSight(state, event.eventId)) return;
  note(
    state,
    'riskos_event',
    `RiskOS: ${inWords(event.progress ?? event.eventType)} (${inWords(key.stage)}, attempt ${key.attempt})`,
  );
  const position = openChecking(state);
  const settled = state.settled.find(({ evaluationId }) => evaluationId === event.evaluationId);
  if (settled) {
    if (!mayHaveChanged(settled, event)) return;
    if (position?.attempt.evaluationId === event.evaluationId) hint(position, event);
    else queueCheck(state, settled, event);
  } else if (position && (telling.includes(event.eventType) || identifies(position.attempt, event))) {
    hint(position, event);
  }
}

/** After an unanswered POST, an event of any type may be the first to name the evaluation. */
function identifies({ kind, evaluationId }: Attempt, event: RiskosEvent): boolean {
  return kind === 'posting' && evaluationId === event.evaluationId && event.evalId !== undefined;
}
