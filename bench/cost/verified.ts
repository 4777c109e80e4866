import { setTimeout } from 'node:timers/promises';
import { until } from '../../test/support/world.ts';
import { type Event, eventsSince, historyAtRest } from './history.ts';
import type { Row } from './measures.ts';
import { costsOf, onSite, tersely } from './site.ts';

const wait = 4000;

/**
 * What a verified funnel adds while nobody asks for anything, from the upsert that shows `verified` on. The images' time
 * (90 days by default) ends within a year, so it ends within the wait too.
 */
export function verifiedAtRest(address: string): Promise<Row[]> {
  return onSite(address, { documents: [tersely()] }, async (site) => {
    const funnel = await site.run({ images: { keepFor: '1s' } });
    await until(funnel, ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived');
    const workflowId = `funnel-${funnel.applicationId}`;
    const called = site.calls.length;
    await setTimeout(wait);
    const { events } = await historyAtRest(site.temporal, workflowId);
    const open = openTimers(events);
    if (open > 0) throw new Error(`${open} timers are running at rest: a wait of ${wait} ms proves nothing`);
    const { raw } = await site.temporal.workflow.getHandle(workflowId).describe();
    const pending = (raw.pendingActivities?.length ?? 0) + (raw.pendingChildren?.length ?? 0);
    if (pending > 0) throw new Error(`${pending} activities or children are pending at rest`);
    return [
      {
        name: 'verified, a year without a request',
        costs: costsOf(afterVerified(events), site.calls.slice(called)),
        note: `after ${wait / 1000} s no timer, activity or child is left: nothing can come`,
      },
    ];
  });
}

/** The same with `reverification.every`, up to where its timer makes the funnel ask RiskOS for a selfie. */
export function verifiedWithTimer(address: string): Promise<Row[]> {
  const scenario = { documents: [tersely()], selfie: [tersely({ candidate: 'absent' })] };
  return onSite(address, scenario, async (site) => {
    const funnel = await site.run({ images: { keepFor: '1s' }, reverification: { every: `${wait}ms` } });
    await until(funnel, ({ stage }) => stage === 'selfie_reverification');
    const { events } = await historyAtRest(site.temporal, `funnel-${funnel.applicationId}`);
    const since = afterVerified(events);
    const asked = since.findIndex((event) => event.activityTaskScheduledEventAttributes);
    return [
      {
        name: 'verified, a year, then a periodic reverification',
        costs: costsOf(since.slice(0, asked === -1 ? since.length : asked)),
        note: `every ${wait / 1000} s for a year; up to the POST of the selfie`,
      },
    ];
  });
}

function afterVerified(events: Event[]): Event[] {
  return eventsSince(events, 'FunnelStage', 'verified').slice(1);
}

function openTimers(events: Event[]): number {
  const count = (wanted: (event: Event) => unknown) => events.filter((event) => wanted(event)).length;
  const ended = count((event) => event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes);
  return count((event) => event.timerStartedEventAttributes) - ended;
}
