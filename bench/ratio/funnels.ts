import type { Place } from '../recovery/place.ts';
import { eventsSince, shows, timeOf, underWay } from '../cost/history.ts';
import { reached } from '../recovery/measured.ts';
import type { Contender } from './contender.ts';

/** Funnels to `verified`; those with images, until their images are archived. */
export function funnels(
  name: 'funnel' | 'funnel with images' | 'encrypted funnel',
  place: Place,
  workerPid: number | undefined,
): Contender {
  const withImages = name === 'funnel with images';
  const workflowIdOf = (applicationId: string) => `funnel-${applicationId}`;
  const eventsOf = async (applicationId: string) =>
    (await place.temporal.workflow.getHandle(workflowIdOf(applicationId)).fetchHistory()).events ?? [];
  // Reads histories only: a query would be work for the worker that is measured.
  const isAtEnd = async (applicationId: string) => {
    const events = await eventsOf(applicationId);
    if (underWay(events)) return false;
    const verified = events.findIndex((event) => shows(event, 'FunnelStage', 'verified'));
    const later = events.slice(verified).filter((event) => event.workflowExecutionSignaledEventAttributes);
    return verified >= 0 && (!withImages || later.length > 0);
  };

  return {
    name,
    workerPid,
    start: async (count) => {
      const started = await Promise.all(
        Array.from({ length: count }, () =>
          place.start('waits', {
            custom: { scenario: 'waits' },
            policy: {
              documents: { start: 'immediately' },
              images: withImages ? { lag: '1ms' } : { archiveOn: [] },
            },
          }),
        ),
      );
      await reached('all wait', async () => (await place.count('FunnelWaitingFor', 'candidate')) === count);
      return started.map(({ applicationId }) => applicationId);
    },
    finish: async (ids) => {
      const open = place.emulator
        .ledger()
        .evaluations.filter(({ id }) =>
          ids.some((applicationId) => id.startsWith(`${applicationId}~`) && id.includes('document_verif')),
        );
      await Promise.all(open.map(({ eval_id }) => place.complete(eval_id)));
      await reached(
        'no funnel waits for its candidate',
        async () => (await place.count('FunnelWaitingFor', 'candidate')) === 0,
      );
      for (const id of ids) await reached(`${id} is at its end`, () => isAtEnd(id));
    },
    latency: async (applicationId) => {
      const events = await eventsOf(applicationId);
      const [verified] = eventsSince(events, 'FunnelStage', 'verified');
      if (!verified) throw new Error(`${applicationId} is not verified`);
      const before = events.slice(0, events.indexOf(verified));
      const signal = before.findLast((event) => event.workflowExecutionSignaledEventAttributes);
      if (!signal) throw new Error(`${applicationId} got no signal`);
      return timeOf(verified) - timeOf(signal);
    },
  };
}
