import type { Scenario } from '../../src/emulator/index.ts';
import type { Notifier } from '../../src/notifier/index.ts';
import { until } from '../../test/support/world.ts';
import { historyAtRest } from './history.ts';
import type { Row } from './measures.ts';
import { costsOf, onSite, type Site, tersely } from './site.ts';

/** From the start to `verified`, with one webhook, that of the completion; its images archived beside it. */
export function accept(address: string): Promise<Row[]> {
  return accepted(address, 'accept', { documents: [tersely()] });
}

/** The same with every webhook that RiskOS sends: how many workflow tasks the notes cost depends on their timing. */
export function acceptWithNotes(address: string): Promise<Row[]> {
  return accepted(address, 'accept, every webhook', { documents: [{}] });
}

/** The same as `accept`, with a worker that has a `NOTIFY_URL`, whose system answers at once. */
export function acceptAndTell(address: string): Promise<Row[]> {
  return accepted(
    address,
    'accept, HR told',
    { documents: [tersely()] },
    {
      send: async () => {},
      close: async () => {},
    },
  );
}

function accepted(address: string, name: string, scenario: Scenario, notifier?: Notifier): Promise<Row[]> {
  const measure = async (site: Site): Promise<Row[]> => {
    const funnel = await site.run({ images: { keepFor: '4s' } });
    const status = await until(
      funnel,
      ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived',
    );
    const history = await historyAtRest(site.temporal, `funnel-${funnel.applicationId}`);
    const images = `images-${status.images[0]?.evaluationId}`;
    await site.temporal.workflow.getHandle(images).result();
    const retention = await historyAtRest(site.temporal, images);
    const ofImages = (path: string) => path.endsWith('/documents');
    const own = site.calls.filter(({ path }) => !ofImages(path));
    const its = site.calls.filter(({ path }) => ofImages(path));
    return [
      { name, costs: costsOf(history.events, own, history.bytes) },
      {
        name: `${name}: imageRetention`,
        costs: costsOf(retention.events, its, retention.bytes),
        note: 'its whole life, from the ZIP to the deletion',
      },
    ];
  };
  return onSite(address, scenario, measure, notifier);
}
