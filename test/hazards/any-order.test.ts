import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Funnel, FunnelStatus } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { type Random, randomOf } from './random.ts';
import { comparable, withoutContradictions } from './support/comparable.ts';
import { type Letter, letter } from './support/deliver.ts';
import { type Copy, openPostOffice, type PostOffice } from './support/post-office.ts';
import { createdFor, decideInRiskos, smsFor } from '../support/riskos.ts';

let world: World;
let office: PostOffice;
const meddlers = new Map<string, (one: Letter) => Copy[]>();
const contradicted = new Set<string>();

beforeAll(async () => {
  world = await createWorld({
    pace: 40,
    scenarios: {
      accept: {},
      resubmit: { documents: [{ decision: 'RESUBMIT', reasonCodes: ['R831'] }, {}] },
      exhausted: { documents: [{ decision: 'RESUBMIT', reasonCodes: ['R831'] }] },
      review: { documents: [{ decision: 'REVIEW' }] },
    },
  });
  const relay = await world.startRelay();
  office = await openPostOffice(() => relay.url);
  office.meddle = (one) =>
    (meddlers.get(one.data.id.split('~')[0] ?? '') ?? ((same) => [{ letter: same, after: 0 }]))(one);
  world.emulator.setWebhook({
    url: `${office.url}/webhooks/riskos`,
    auth: { type: 'bearer', token: 'nobody asks' },
  });
  await world.startWorker();
});
afterAll(async () => {
  await world.close();
  await office.close();
});

const names = ['accept', 'resubmit', 'exhausted', 'review'] as const;
type Name = (typeof names)[number];

const policy = { ...quickPolicy, reconciliation: { first: '700ms', longest: '1500ms' } };

/** Lost, doubled, late and in any order, and now and then followed by one that says something else. */
function meddling(random: Random, applicationId: string): (one: Letter) => Copy[] {
  return (one) => {
    const copies = random.pick([0, 1, 1, 2, 3]);
    const delivered = Array.from({ length: copies }, () => ({ letter: one, after: random.between(0, 900) }));
    if (one.event_type !== 'evaluation_completed' || !random.chance(0.3)) return delivered;
    contradicted.add(applicationId);
    const decision = random.pick(['ACCEPT', 'REJECT', 'RESUBMIT', 'REVIEW', 'CANCEL', 'SOMETHING']);
    const lie = letter('evaluation_completed', { ...one.data, decision });
    return [...delivered, { letter: lie, after: random.between(0, 900) }];
  };
}

async function finalOf(name: Name, meddle?: (applicationId: string) => (one: Letter) => Copy[]) {
  const applicationId = `${name}-${Math.random().toString(36).slice(2, 10)}`;
  if (meddle) meddlers.set(applicationId, meddle(applicationId));
  const funnel = await startAs(applicationId, name);
  if (name === 'review') {
    const { verdicts } = await until(funnel, ({ stage }) => stage === 'review');
    await decideInRiskos(world, verdicts.at(-1)?.evalId ?? '', 'ACCEPT');
  }
  await until(funnel, arrived);
  return { applicationId, funnel };
}

async function startAs(applicationId: string, scenario: Name): Promise<Funnel> {
  return world.funnels.startFunnel(exampleApplication(applicationId, { custom: { scenario }, policy }));
}

function arrived({ stage, images }: FunnelStatus): boolean {
  return (stage === 'verified' || stage === 'closed') && images.every(({ result }) => result !== 'pending');
}

async function lookOf(funnel: Funnel): Promise<FunnelStatus> {
  await office.idle();
  return funnel.status();
}

/** A few on a real server, with the real relay; the simulation has thousands. */
const seeds = [1, 2, 3];

describe('lost, doubled, late, shuffled and contradicting events', () => {
  test.each(names)('end %s as if each had come once and in order', async (name) => {
    const plain = await finalOf(name);
    const expected = comparable(await lookOf(plain.funnel));
    const journeys = await Promise.all(
      seeds.map(async (seed) => ({
        seed,
        ...(await finalOf(name, (applicationId) => meddling(randomOf(seed, name), applicationId))),
      })),
    );
    const came = await Promise.all(
      journeys.map(async ({ seed, applicationId, funnel }) => {
        const status = await lookOf(funnel);
        const judged = contradicted.has(applicationId) ? withoutContradictions(status) : status;
        return { seed, status: comparable(judged) };
      }),
    );
    expect(came).toEqual(seeds.map((seed) => ({ seed, status: expected })));
    for (const { applicationId } of journeys) {
      const ids = createdFor(world, applicationId).map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)]);
      const sent = smsFor(world, applicationId).map(({ id }) => id);
      expect(sent).toEqual([...new Set(sent)]);
    }
    expect(new Set(office.answers)).toEqual(new Set([200]));
  });
});
