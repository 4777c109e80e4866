import { setTimeout as wait } from 'node:timers/promises';
import { json } from 'node:stream/consumers';
import { serve, type Served } from '../../support/serve.ts';
import { deliverAsRiskos, type Letter, letterOf } from './deliver.ts';

/** One copy of a letter, and when the relay gets it. */
export interface Copy {
  letter: Letter;
  /** Milliseconds from now. */
  after: number;
}

/** Stands between RiskOS and the relay; takes every webhook, and delivers what the test makes of it. */
export interface PostOffice extends Served {
  /** What becomes of one webhook; unset: it is delivered once, at once. */
  meddle: (letter: Letter) => Copy[];
  /** The relay's answers so far. */
  answers: number[];
  /** Every webhook that RiskOS has sent. */
  taken: Letter[];
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

export async function openPostOffice(relayUrl: () => string): Promise<PostOffice> {
  const onTheirWay = new Set<Promise<void>>();
  const send = async ({ letter, after }: Copy) => {
    await wait(after);
    office.answers.push(await deliverAsRiskos(relayUrl(), letter).catch(() => 0));
  };
  const served = await serve(async (incoming, outgoing) => {
    const letter = letterOf(await json(incoming));
    office.taken.push(letter);
    for (const copy of office.meddle(letter)) {
      const way = send(copy).finally(() => onTheirWay.delete(way));
      onTheirWay.add(way);
    }
    outgoing.writeHead(200).end();
  });
  const office: PostOffice = {
    ...served,
    meddle: (letter) => [{ letter, after: 0 }],
    answers: [],
    taken: [],
    idle: async () => {
      while (onTheirWay.size > 0) await Promise.all(onTheirWay);
    },
  };
  return office;
}
