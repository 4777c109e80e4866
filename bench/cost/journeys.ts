import type { Funnel } from '../../src/client/index.ts';
import type { Scenario } from '../../src/emulator/index.ts';
import { until } from '../../test/support/world.ts';
import { historyAtRest } from './history.ts';
import type { Row } from './measures.ts';
import { costsOf, onSite, tersely } from './site.ts';

interface Journey {
  name: string;
  scenario: Scenario;
  /** What HR does; resolves when the funnel is where the count ends. */
  travel: (funnel: Funnel) => Promise<unknown>;
}

const verified = (funnel: Funnel) =>
  until(funnel, ({ stage, images }) => stage === 'verified' && images.every(settled));
const settled = ({ result }: { result: string }) => result !== 'pending';

const all: Journey[] = [
  {
    name: 'resubmit-then-accept',
    scenario: {
      documents: [tersely({ decision: 'RESUBMIT', reasonCodes: ['R831', 'R804'] }), tersely()],
    },
    travel: verified,
  },
  {
    name: 'review-then-accept',
    scenario: {
      documents: [
        tersely({
          decision: 'REVIEW',
          reasonCodes: ['I849'],
          afterwards: [{ event: 'decision_update', decision: 'ACCEPT', after: 6 }],
        }),
      ],
    },
    travel: verified,
  },
  {
    name: 'reverified',
    scenario: { documents: [tersely()], selfie: [tersely()] },
    travel: async (funnel) => {
      await verified(funnel);
      await funnel.requestReverification({ reason: 'first_day' });
      await until(
        funnel,
        ({ stage, images }) => stage === 'verified' && images.length === 2 && images.every(settled),
      );
    },
  },
  {
    name: 'withdrawn',
    scenario: { documents: [tersely({ candidate: 'absent' })] },
    travel: async (funnel) => {
      await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
      await funnel.withdraw({ reason: 'the position is filled' });
    },
  },
];

/** Longer ways through the funnel, from the start to the last event. */
export const journeys = all.map(
  ({ name, scenario, travel }) =>
    (address: string): Promise<Row[]> =>
      onSite(address, scenario, async (site) => {
        const funnel = await site.run({});
        await travel(funnel);
        const { events, bytes } = await historyAtRest(site.temporal, `funnel-${funnel.applicationId}`);
        return [{ name, costs: costsOf(events, site.calls, bytes) }];
      }),
);
