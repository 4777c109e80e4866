import { until } from '../../test/support/world.ts';
import { historyAtRest } from './history.ts';
import type { Row } from './measures.ts';
import { costsOf, onSite, tersely } from './site.ts';

/** What one `case_notes_added` adds while the funnel waits for the candidate. */
export function progressNote(address: string): Promise<Row[]> {
  // The emulator's own pause is dropped; the note is not.
  const [paused] = tersely().faults ?? [];
  const play = { candidate: 'absent' as const, faults: paused ? [paused] : [] };
  return onSite(address, { documents: [play] }, async (site) => {
    const funnel = await site.run({});
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const workflowId = `funnel-${funnel.applicationId}`;
    const before = await historyAtRest(site.temporal, workflowId);
    const called = site.calls.length;
    const evalId = site.emulator.ledger().evaluations.at(-1)?.eval_id ?? '';
    await site.happen(evalId, { event: 'case_notes_added', notes: 'Capture App Opened' });
    const lines = (await funnel.timeline()).length;
    for (let tries = 0; (await funnel.timeline()).length === lines && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if ((await historyAtRest(site.temporal, workflowId)).events.length > before.events.length) break;
    }
    const after = await historyAtRest(site.temporal, workflowId, 1000);
    const added = after.events.slice(before.events.length);
    if (added.length === 0) throw new Error('the note never came');
    return [
      {
        name: 'progress note',
        costs: costsOf(added, site.calls.slice(called), after.bytes - before.bytes),
        note: 'what one adds to an open capture',
      },
    ];
  });
}
