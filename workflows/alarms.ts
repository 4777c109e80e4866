import { CancellationScope, condition } from '@temporalio/workflow';
import { now } from './clock.ts';
import { type Alarm, type AlarmName, alarmNames, type Memory } from './memory.ts';

const summaries: Record<AlarmName, string> = {
  post: 'RiskOS is asked again then',
  read: 'RiskOS is read then, if no event comes',
  deadline: 'the deadline of this step, or the reminder of it',
  patience: 'somebody has to look then, if RiskOS still cannot be read',
  images: 'RiskOS has the images then',
  reverify: 'periodic reverification',
};

/**
 * Rings at each of these times (milliseconds since 1970, in order), in this run and the next ones. The funnel never compares
 * a time with the clock to find out what to do: a query that reaches a new worker before the workflow task does can let
 * events be handled at an older time than any replay will.
 */
export function setAlarm(memory: Memory, name: AlarmName, ...times: number[]): void {
  const alarm = { times, rung: 0 };
  memory.alarms[name] = alarm;
  ring(memory, name, alarm);
}

export function clearAlarms(memory: Memory, ...names: AlarmName[]): void {
  for (const name of names) delete memory.alarms[name];
}

/** Whether the last of its times has come. */
export function hasRung(memory: Memory, name: AlarmName): boolean {
  const alarm = memory.alarms[name];
  return alarm !== undefined && alarm.rung === alarm.times.length;
}

/** Timers do not survive continue-as-new. */
export function resumeAlarms(memory: Memory): void {
  for (const name of alarmNames) {
    const alarm = memory.alarms[name];
    if (alarm) ring(memory, name, alarm);
  }
}

function ring(memory: Memory, name: AlarmName, alarm: Alarm): void {
  const isSet = () => memory.alarms[name] === alarm;
  void CancellationScope.nonCancellable(async () => {
    for (const time of alarm.times.slice(alarm.rung)) {
      const cleared = await condition(() => !isSet(), Math.max(1, time - now()), {
        summary: summaries[name],
      });
      if (cleared) return;
      alarm.rung += 1;
    }
  });
}
