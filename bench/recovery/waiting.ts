import type { Funnel } from '../../src/client/index.ts';
import { eventsSince, timeOf } from '../cost/history.ts';
import { type Measured, reached } from './measured.ts';
import { createPlace, type Place } from './place.ts';

const target = 6000;

/**
 * Funnels wait for their candidates when the worker is killed. All candidates finish while there is none, and RiskOS's
 * webhooks wait as signals in Temporal. How long after a new worker's start is each funnel `verified`?
 */
export async function recoverWaiting(address: string, funnels: number): Promise<Measured[]> {
  const place = await createPlace(address);
  try {
    await place.startWorkerProcess();
    const started: Funnel[] = [];
    for (let number = 0; number < funnels; number++) {
      started.push(
        await place.start('waits', {
          custom: { scenario: 'waits' },
          policy: { documents: { start: 'immediately' } },
        }),
      );
    }
    await reached('all wait', async () => (await place.count('FunnelWaitingFor', 'candidate')) === funnels);
    await place.killWorkerProcess();
    await finishAll(place);
    const { spawnedAt, runsAt } = await place.startWorkerProcess();
    await reached('all are verified', async () => (await place.count('FunnelStage', 'verified')) === funnels);
    const verifiedAt = await Promise.all(started.map((funnel) => whenVerified(place, funnel)));
    const since = (begin: number) => verifiedAt.map((at) => at - begin);
    return [
      { what: `${funnels} funnels: "worker runs" to verified`, times: since(runsAt), target },
      { what: `${funnels} funnels: process spawned to verified`, times: since(spawnedAt) },
      { what: 'process spawned to "worker runs"', times: [runsAt - spawnedAt] },
    ];
  } finally {
    await place.close();
  }
}

/** Every candidate completes, and every webhook of it is taken by the relay. */
async function finishAll(place: Place): Promise<void> {
  const open = place.emulator.ledger().evaluations.filter(({ id }) => id.includes('~document_verification~'));
  for (const { eval_id } of open) await place.complete(eval_id);
  await reached('all webhooks are delivered', () => {
    const { webhooks } = place.emulator.ledger();
    const done = webhooks.filter((sent) => sent.event_type === 'evaluation_completed' && sent.status === 200);
    return done.length === open.length;
  });
}

/** By the server's clock, when the workflow showed it. */
async function whenVerified(place: Place, funnel: Funnel): Promise<number> {
  const handle = place.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const [verified] = eventsSince((await handle.fetchHistory()).events ?? [], 'FunnelStage', 'verified');
  if (!verified) throw new Error(`${funnel.applicationId} is not verified`);
  return timeOf(verified);
}
