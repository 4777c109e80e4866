import { CancellationScope, condition } from '@temporalio/workflow';
import {
  type Deadline,
  type FunnelState,
  type Timer,
  type TimerName,
  timerNames,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';
import { now } from './clock.ts';

const summaries: Record<TimerName, string> = {
  post: 'back-off before the next POST',
  read: 'reconciliation poll',
  deadline: 'deadline, or the reminder before it',
  patience: 'RiskOS still unreadable after the deadline',
  images: 'images lag',
  reverify: 'periodic reverification',
  contradiction: 'back-off before the next look at a settled decision',
};

/**
 * Fires at each of these times (milliseconds since 1970, in order), in this run and the next ones. The funnel never compares a
 * time with the clock to decide something: a query that reaches a new worker before the workflow task does can let events be
 * handled at an older time than any replay will.
 */
export function setTimer(state: FunnelState, name: TimerName, ...times: number[]): void {
  const timer = { times, fired: 0 };
  state.timers[name] = timer;
  run(state, name, timer);
}

export function clearTimers(state: FunnelState, ...names: TimerName[]): void {
  for (const name of names) delete state.timers[name];
}

/** Ends all timers of an attempt. */
export function endTimers(state: FunnelState): void {
  clearTimers(state, 'post', 'read', 'deadline', 'patience');
}

/** True once the last of its times has come. */
export function hasFired(state: FunnelState, name: TimerName): boolean {
  const timer = state.timers[name];
  return timer !== undefined && timer.fired === timer.times.length;
}

export function setDeadlineTimer(state: FunnelState, { at, reminderAt }: Deadline): void {
  setTimer(state, 'deadline', ...(reminderAt === null ? [at] : [reminderAt, at]));
}

/** Timers do not survive continue-as-new. */
export function resumeTimers(state: FunnelState): void {
  for (const name of timerNames) {
    const timer = state.timers[name];
    if (timer) run(state, name, timer);
  }
}

function run(state: FunnelState, name: TimerName, timer: Timer): void {
  const isSet = () => state.timers[name] === timer;
  void CancellationScope.nonCancellable(async () => {
    for (const time of timer.times.slice(timer.fired)) {
      const cleared = await condition(() => !isSet(), Math.max(1, time - now()), {
        summary: summaries[name],
      });
      if (cleared) return;
      timer.fired += 1;
      recordActivation(state);
    }
  });
}
