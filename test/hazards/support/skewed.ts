import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';

/** RiskOS with a clock that is wrong. */
export interface Skewed {
  url: string;
  /** By how many milliseconds a moment, in milliseconds since 1970, is told wrongly. */
  skew: (at: number) => number;
  /** A text with every timestamp in it told wrongly. */
  told(text: string): string;
  close(): Promise<void>;
}

const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

export async function openSkewed(target: string): Promise<Skewed> {
  const skewed: Skewed = {
    url: '',
    skew: () => 0,
    told: (text) =>
      text.replaceAll(timestamp, (stamp) => {
        const at = Date.parse(stamp);
        return new Date(at + skewed.skew(at)).toISOString();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const body = await buffer(incoming);
    const answer = await request(`${target}${path}`, {
      method,
      headers: { ...incoming.headers, host: new URL(target).host },
      ...(body.length > 0 ? { body } : {}),
    });
    const type = String(answer.headers['content-type']);
    const content = await buffer(answer.body);
    const now = Date.now();
    outgoing.writeHead(answer.statusCode, {
      'content-type': type,
      date: new Date(now + skewed.skew(now)).toUTCString(),
    });
    outgoing.end(type.includes('json') ? skewed.told(content.toString()) : content);
  }
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  skewed.url = `http://127.0.0.1:${address.port}`;
  return skewed;
}
