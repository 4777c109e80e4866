import { request } from 'undici';
import type { ApplicationInput, Funnel } from '../../src/client/index.ts';
import type { Scenario } from '../../src/emulator/index.ts';
import type { Notifier } from '../../src/notifier/index.ts';
import { createGateway } from '../../test/support/gateway.ts';
import { createWorld, type World } from '../../test/support/world.ts';
import { actionsOf } from './actions.ts';
import type { Event } from './history.ts';
import type { Row } from './measures.ts';

type Documents = NonNullable<Scenario['documents']>;
type Play = Documents[number];

/** All parts for one funnel, with every call to RiskOS on record. */
export interface Site extends World {
  calls: { method: string; path: string; at: number }[];
  run(policy: ApplicationInput['policy']): Promise<Funnel>;
  /** Something happens to an evaluation in RiskOS, as an operator of the emulator has it. */
  happen(evalId: string, event: Record<string, unknown>): Promise<void>;
}

/** Webhooks that the funnel needs not: it would end the same without them. */
const needless: Play = {
  faults: ['evaluation_paused', 'case_notes_added'].map((event) => ({ at: 'webhook', kind: 'drop', event })),
};

/** The play with no webhook but those that tell of a decision. */
export function tersely(play: Play = {}): Play {
  return { ...play, ...needless };
}

/** Builds a site of its own, so that every call counted is this funnel's, and tears it down. */
export async function onSite(
  address: string,
  scenario: Scenario,
  work: (site: Site) => Promise<Row[]>,
  notifier?: Notifier,
): Promise<Row[]> {
  const world = await createWorld({ address, pace: 300, scenarios: { measured: scenario } });
  const gateway = await createGateway(world.emulator.url);
  const calls: Site['calls'] = [];
  const strays = new Map<string, number>();
  gateway.meddle = ({ method, path }) => {
    // Another program on this machine may still talk to whoever had this port before.
    if (!path.startsWith('/api/evaluation')) {
      strays.set(`${method} ${path}`, (strays.get(`${method} ${path}`) ?? 0) + 1);
      return { status: 404, body: '{}' };
    }
    calls.push({ method, path, at: Date.now() });
    // A ZIP takes a moment, and so tells the funnel of its images always after it is at rest.
    if (!path.endsWith('/documents')) return 'pass';
    return { hold_before: () => new Promise((resolve) => setTimeout(resolve, 300)) };
  };
  try {
    await world.startRelay();
    await world.startWorker(gateway.url, notifier);
    return await work({
      ...world,
      calls,
      run: (policy = {}) =>
        world.start('cost', {
          custom: { scenario: 'measured' },
          policy: { ...policy, documents: { start: 'immediately', ...policy.documents } },
        }),
      happen: async (evalId, event) => {
        const url = `${world.emulator.url}/admin/evaluations/${evalId}/events`;
        const { statusCode } = await request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(event),
        });
        if (statusCode !== 202) throw new Error(`the emulator answered ${statusCode}`);
      },
    });
  } finally {
    const created = world.emulator.ledger().evaluations.length;
    await world.close();
    await gateway.close();
    for (const [call, times] of strays) process.stderr.write(`not counted: ${call}, ${times} times\n`);
    const posts = callsOf(calls).post;
    if (posts !== created) process.stderr.write(`${posts} POSTs made ${created} evaluations\n`);
  }
}

/** A row of what these events and calls cost; without calls they are left out. */
export function costsOf(events: Event[], calls?: Site['calls'], bytes?: number): Row['costs'] {
  return {
    events: events.length,
    ...(bytes === undefined ? {} : { bytes }),
    actions: actionsOf(events),
    ...(calls ? callsOf(calls) : {}),
  };
}

function callsOf(calls: Site['calls']): Pick<Row['costs'], 'post' | 'get' | 'patch' | 'documents'> {
  const count = (wanted: RegExp) =>
    calls.filter(({ method, path }) => wanted.test(`${method} ${path}`)).length;
  return {
    post: count(/^POST /),
    get: count(/^GET .*\/evaluation\/[^/]+$/),
    patch: count(/^PATCH /),
    documents: count(/^GET .*\/documents$/),
  };
}
