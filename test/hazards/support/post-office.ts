import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { json } from 'node:stream/consumers';
import { deliver, type Letter, letterOf } from './deliver.ts';

/** One copy of a letter, and when the relay gets it. */
export interface Copy {
  letter: Letter;
  /** Milliseconds from now. */
  after: number;
}

/** Stands between RiskOS and the relay; takes every webhook, and delivers what the test makes of it. */
export interface PostOffice {
  url: string;
  /** What becomes of one webhook; unset: it is delivered once, at once. */
  meddle: (letter: Letter) => Copy[];
  /** The relay's answers so far. */
  answers: number[];
  /** Every webhook that RiskOS has sent. */
  taken: Letter[];
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function openPostOffice(relayUrl: () => string): Promise<PostOffice> {
  const onTheirWay = new Set<Promise<void>>();
  const office: PostOffice = {
    url: '',
    meddle: (letter) => [{ letter, after: 0 }],
    answers: [],
    taken: [],
    idle: async () => {
      while (onTheirWay.size > 0) await Promise.all(onTheirWay);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const send = async ({ letter, after }: Copy) => {
    await wait(after);
    office.answers.push(await deliver(relayUrl(), letter).catch(() => 0));
  };
  const server = createServer((incoming, outgoing) => {
    void json(incoming).then((body) => {
      const letter = letterOf(body);
      office.taken.push(letter);
      for (const copy of office.meddle(letter)) {
        const way = send(copy).finally(() => onTheirWay.delete(way));
        onTheirWay.add(way);
      }
      outgoing.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the post office does not listen');
  office.url = `http://127.0.0.1:${address.port}`;
  return office;
}
