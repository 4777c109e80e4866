import type { ApplicationInput, Funnel } from '../../src/client/index.ts';
import { timeOf } from '../cost/history.ts';
import { type Measured, reached } from './measured.ts';
import { createPlace, type Place } from './place.ts';

/** What Temporal takes to notice a dead worker, and to try a reading again: see workflows/evaluation.ts. */
const heartbeatTimeout = 5000;
const retryInterval = 1000;
/** The policy's default. */
const ambiguousWait = 30_000;
/** Queues and hops may add this much. */
const tolerance = 1.2;

interface Step {
  what: string;
  method: 'GET' | 'POST';
  /** Milliseconds that the step may take by its own settings. */
  bound: number;
  policy: ApplicationInput['policy'];
  /** Brings a funnel to the step. */
  lead: (place: Place, funnel: Funnel) => Promise<unknown>;
  /** When funnels can be led. */
  ready: (place: Place, funnels: number) => Promise<boolean>;
}

const steps: Step[] = [
  {
    what: 'a GET in flight: kill to its answer',
    method: 'GET',
    bound: heartbeatTimeout + retryInterval,
    policy: { documents: { start: 'immediately' } },
    ready: async (place, funnels) => (await place.count('FunnelWaitingFor', 'candidate')) === funnels,
    lead: async (place, funnel) => {
      const id = `${funnel.applicationId}~`;
      const open = place.emulator.ledger().evaluations.findLast((evaluation) => evaluation.id.startsWith(id));
      await place.complete(open?.eval_id ?? '');
    },
  },
  {
    what: `a POST in flight, never seen by RiskOS: kill to the answer of the next (ambiguousWait ${ambiguousWait / 1000} s)`,
    method: 'POST',
    bound: heartbeatTimeout + ambiguousWait,
    policy: { documents: { start: 'on_request' } },
    ready: async (place, funnels) => (await place.count('FunnelWaitingFor', 'hr')) === funnels,
    lead: (_place, funnel) => funnel.requestDocuments(),
  },
];

/** The worker is killed while each funnel's step is in flight, and started again at once. */
export async function recoverSteps(address: string, funnels: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const step of steps) {
    const place = await createPlace(address);
    try {
      const times = await recover(place, step, funnels);
      measured.push({ what: step.what, times, target: step.bound * tolerance });
    } finally {
      await place.close();
    }
  }
  return measured;
}

async function recover(place: Place, step: Step, funnels: number): Promise<number[]> {
  await place.startWorkerProcess();
  const started: Funnel[] = [];
  for (let number = 0; number < funnels; number++) {
    started.push(await place.start('step', { custom: { scenario: 'waits' }, policy: step.policy }));
  }
  await reached('all are before the step', () => step.ready(place, funnels));
  const release = hold(place, step.method);
  const led = started.map((funnel) => step.lead(place, funnel));
  await reached('all steps are in flight', () => release.held() === funnels);
  await Promise.all(led);
  const killedAt = await place.killWorkerProcess();
  release.open();
  await place.startWorkerProcess();
  const doneAt: number[] = [];
  for (const funnel of started) doneAt.push(await nextDone(place, funnel, killedAt));
  return doneAt.map((at) => at - killedAt);
}

/** Keeps requests of this method from RiskOS for ever; from `open` on, new ones pass. */
function hold(place: Place, wanted: string): { held: () => number; open: () => void } {
  let held = 0;
  place.gateway.meddle = ({ method, path }) => {
    if (method !== wanted || !path.startsWith('/api/evaluation') || path.endsWith('/documents'))
      return 'pass';
    held += 1;
    return { hold_before: () => new Promise(() => {}) };
  };
  return {
    held: () => held,
    open: () => {
      place.gateway.meddle = () => 'pass';
    },
  };
}

/** When the first activity after the kill was completed. */
async function nextDone(place: Place, funnel: Funnel, killedAt: number): Promise<number> {
  const handle = place.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  let at: number | undefined;
  await reached('the step is done again', async () => {
    const { events } = await handle.fetchHistory();
    const done = events?.find(
      (event) => event.activityTaskCompletedEventAttributes && timeOf(event) > killedAt,
    );
    at = done && timeOf(done);
    return at !== undefined;
  });
  if (at === undefined) throw new Error('the step was never done again');
  return at;
}
