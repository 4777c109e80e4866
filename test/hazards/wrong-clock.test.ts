import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retryAfterOf } from '../../src/riskos/retry.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';
import { letterOf } from './support/deliver.ts';
import { openPostOffice, type PostOffice } from './support/post-office.ts';
import { createdFor, decideInRiskos } from '../support/riskos.ts';
import { openSkewed, type Skewed } from './support/skewed.ts';

const hours = 3600_000;
let world: World;
let skewed: Skewed;
let office: PostOffice;

beforeAll(async () => {
  world = await createWorld({
    scenarios: {
      review: { documents: [{ decision: 'REVIEW' }] },
      'passive-reject': { passive: [{ decision: 'REJECT' }] },
      'fraud-resubmit': { documents: [{ decision: 'RESUBMIT', reasonCodes: ['R834'] }, {}] },
    },
  });
  skewed = await openSkewed(world.emulator.url);
  const relay = await world.startRelay();
  office = await openPostOffice(() => relay.url);
  office.meddle = (letter) => [
    { letter: letterOf(JSON.parse(skewed.told(JSON.stringify(letter)))), after: 0 },
  ];
  world.emulator.setWebhook({
    url: `${office.url}/webhooks/riskos`,
    auth: { type: 'bearer', token: 'nobody asks' },
  });
  await world.startWorker(skewed.url);
});
afterAll(async () => {
  await world.close();
  await office.close();
  await skewed.close();
});

/** The clock is off by so many hours until the funnel stands at review, and by so many afterwards. */
describe.each([
  [5, 5],
  [-5, -5],
  [5, -5],
])("RiskOS's clock off by %i hours, then by %i", (before, after) => {
  function keepSkewing(): { turn(): void } {
    let pivot = Infinity;
    skewed.skew = (at) => (at < pivot ? before : after) * hours;
    return {
      turn: () => {
        pivot = Date.now();
      },
    };
  }

  async function reviewed(scenario: string, decision: string, policy = {}) {
    const clock = keepSkewing();
    const funnel = await world.start(scenario, {
      custom: { scenario },
      policy: { ...quickPolicy, ...policy },
    });
    const { verdicts } = await until(funnel, ({ stage }) => stage === 'review');
    clock.turn();
    await decideInRiskos(world, verdicts.at(-1)?.evalId ?? '', decision);
    return funnel;
  }

  test('a reviewer still settles a review', async () => {
    const funnel = await reviewed('review', 'ACCEPT');
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual([
      'passive_check 1 accept',
      'document_verification 1 review',
      'document_verification 1 accept',
    ]);
  });

  test('a reviewer still confirms a REJECT, which only the time of the decision tells', async () => {
    const funnel = await reviewed('passive-reject', 'REJECT', { passive: { onReject: 'review' } });
    const status = await until(funnel, ({ stage }) => stage === 'closed');
    expect(status.outcome).toBe('rejected');
    expect(verdictsOf(status)).toEqual(['passive_check 1 reject', 'passive_check 1 reject']);
  });

  test('a reviewer still confirms a RESUBMIT that marks fraud', async () => {
    const funnel = await reviewed('fraud-resubmit', 'RESUBMIT');
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verdictsOf(status).slice(1)).toEqual([
      'document_verification 1 review',
      'document_verification 1 resubmit',
      'document_verification 2 accept',
    ]);
    expect(createdFor(world, funnel.applicationId)).toHaveLength(3);
  });
});

// An HTTP date is compared with our own clock, and the answer's Date header is not looked at.
test('a wait that is named as a date is measured by the clock that named it', () => {
  const ours = new Date('2026-03-01T09:00:00Z');
  const theirs = ours.getTime() + 5 * hours;
  const headers = {
    date: new Date(theirs).toUTCString(),
    'retry-after': new Date(theirs + 2000).toUTCString(),
  };
  expect(retryAfterOf(headers, ours)).toBeLessThanOrEqual(2000);
});
