import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { until } from '../../test/support/world.ts';
import { type Event, eventsSince, historyAtRest, timeOf } from './history.ts';
import type { Row } from './measures.ts';
import { checkReadings, day, longest, week } from './readings.ts';
import type { Scale } from './scale.ts';
import { costsOf, onSite, type Site, tersely } from './site.ts';

/** The scale in words. */
export function scaleText({ first, days }: Scale): string {
  return `reconciliation.first ${first} ms stands for 30 s, so a day takes ${(day * first) / 1000} s; ${days} days measured`;
}

/**
 * A candidate who never comes, and no webhook. A day begins with the upsert that shows that the candidate is waited
 * for, and an event belongs to the day that its timestamp lies in, whenever it was looked at.
 */
export function capture(address: string, scale: Scale): Promise<Row[]> {
  const { first, days } = scale;
  const span = day * first;
  return onSite(address, { documents: [tersely({ candidate: 'absent' })] }, async (site) => {
    const funnel = await site.run({
      documents: { deadline: `${week * first}ms` },
      reconciliation: { first: `${first}ms`, longest: `${longest * first}ms` },
    });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const events = await allEvents(site.temporal, `funnel-${funnel.applicationId}`, days * span);
    const since = sinceCapture(events);
    const [begin] = since;
    const from = begin ? timeOf(begin) : 0;
    checkReadings(since, from, scale);
    const within = (number: number) =>
      costsOf(
        since.filter((event) => Math.floor((timeOf(event) - from) / span) === number),
        callsWithin(site.calls, from + number * span, span),
      );
    const later = Array.from({ length: days - 1 }, (_, number) => within(number + 1));
    const [worst] = later.toSorted((one, other) => (other.events ?? 0) - (one.events ?? 0));
    const before = events.length - since.length;
    const opening = within(0);
    const rows: Row[] = [
      {
        name: 'capture, first day without news',
        costs: opening,
        note: `with the ${before} events before it ${before + (opening.events ?? 0)}`,
      },
    ];
    if (!worst) return rows;
    const note = `days 2 to ${days}: ${later.map(({ events: count }) => count).join(' and ')} events`;
    return [...rows, { name: 'capture, each later day', costs: worst, note }];
  });
}

/** The later days alone, in which a reading comes every `longest`, twice a day: exact at any scale, and quick. */
export function laterDays(address: string): Promise<Row[]> {
  const interval = '1s';
  return onSite(address, { documents: [tersely({ candidate: 'absent' })] }, async (site) => {
    const funnel = await site.run({ reconciliation: { first: interval, longest: interval } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await setTimeout(6000);
    const { events } = await site.temporal.workflow
      .getHandle(`funnel-${funnel.applicationId}`)
      .fetchHistory();
    const since = sinceCapture(events ?? []);
    const fired = [...since.entries()].flatMap(([at, event]) =>
      event.timerFiredEventAttributes ? [at] : [],
    );
    // On a busy machine a reading may come so late that the next one needs no timer: such a day is not a usual one.
    const oneDay = fired
      .map((begin, number) => since.slice(begin, fired[number + 2]))
      .slice(0, -2)
      .find((some) => some.filter((event) => event.activityTaskScheduledEventAttributes).length === 2);
    if (!oneDay) throw new Error(`no day with two readings among ${fired.length} timers`);
    const note = 'from one reading to the next but one, which is a day';
    return [{ name: 'capture, each later day', costs: costsOf(oneDay), note }];
  });
}

function sinceCapture(events: Event[]): Event[] {
  return eventsSince(events, 'FunnelWaitingFor', 'candidate');
}

/** The history, as soon as nothing can be added to the first `length` milliseconds of the capture. */
async function allEvents(temporal: Client, workflowId: string, length: number): Promise<Event[]> {
  for (;;) {
    const { events } = await historyAtRest(temporal, workflowId, 100);
    const [begin] = sinceCapture(events);
    const due = dueTimes(events);
    if (begin && due.length > 0 && Math.min(...due) > timeOf(begin) + length) return events;
    await setTimeout(200);
  }
}

/** When the timers that are running fire. */
function dueTimes(events: Event[]): number[] {
  const over = new Set(
    events.map((event) => (event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes)?.timerId),
  );
  return events.flatMap((event) => {
    const started = event.timerStartedEventAttributes;
    return started && !over.has(started.timerId) ? [timeOf(event) + tsToMs(started.startToFireTimeout)] : [];
  });
}

/** The POST that opened the capture came before it. */
function callsWithin(calls: Site['calls'], from: number, span: number): Site['calls'] {
  return calls.filter(({ at }) => at >= from && at < from + span);
}
