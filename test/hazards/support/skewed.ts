import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { forward, serve, type Served } from '../../support/serve.ts';

/** RiskOS with a clock that is wrong. */
export interface Skewed extends Served {
  /** By how many milliseconds a moment, in milliseconds since 1970, is told wrongly. */
  skew: (at: number) => number;
  /** A text with every timestamp in it told wrongly. */
  told(text: string): string;
}

const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

export async function openSkewed(target: string): Promise<Skewed> {
  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { answer, content } = await forward(incoming, await buffer(incoming), target);
    const type = String(answer.headers['content-type']);
    const now = Date.now();
    outgoing.writeHead(answer.statusCode, {
      'content-type': type,
      date: new Date(now + skewed.skew(now)).toUTCString(),
    });
    outgoing.end(type.includes('json') ? skewed.told(content.toString()) : content);
  }
  const skewed: Skewed = {
    ...(await serve(handle)),
    skew: () => 0,
    told: (text) =>
      text.replaceAll(timestamp, (stamp) => {
        const at = Date.parse(stamp);
        return new Date(at + skewed.skew(at)).toISOString();
      }),
  };
  return skewed;
}
