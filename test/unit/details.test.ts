import { describe, expect, it } from 'vitest';
import {
  type AttentionCause,
  type AttentionReason,
  attentionReasons,
  attentionText,
  funnelState,
  type FunnelState,
} from '../../src/contract/index.ts';
import { details } from '../../workflows/details.ts';
import { statusOf } from '../../workflows/status.ts';
import { causes, positions, wholeState } from './support/states.ts';

function stoppedFor(cause: AttentionCause): FunnelState {
  const position = { ...positions.needs_attention, cause };
  return funnelState.parse(JSON.parse(JSON.stringify({ ...wholeState, position })));
}

describe('the details of a funnel that stopped for attention say how to resume it', () => {
  const causeOf: Record<AttentionReason, AttentionCause> = {
    ...causes,
    request_refused: { ...causes.request_refused, problem: 'AuthenticationFailed' },
    data_refused: causes.request_refused,
  };
  const onceFixed = 'When it is fixed, send the update `retry`.';
  const toRetry = 'To retry, send the update `retry`.';
  const rows: Record<AttentionReason, string> = {
    data_refused: 'Send the corrected data with the update `correct`.',
    request_refused: onceFixed,
    reading_refused: onceFixed,
    technical_errors: onceFixed,
    riskos_late: 'To wait for another full deadline, send the update `retry`.',
    requests_unclear: toRetry,
    evaluation_unknown: toRetry,
    unreadable_after_deadline: toRetry,
    execution_failed: toRetry,
    reset_run_gone: toRetry,
  };

  it.each(attentionReasons)('%s', (reason) => {
    const cause = causeOf[reason];
    const state = stoppedFor(cause);
    const lines = details(statusOf(state), state).split('\n\n');
    expect(lines).toContain(`${attentionText(cause)} ${rows[reason]}`);
  });
});
