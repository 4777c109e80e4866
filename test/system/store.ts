import { buffer } from 'node:stream/consumers';
import { request } from 'undici';
import { serve, type Served } from '../support/serve.ts';

/** An S3 server behind what can go wrong with it. */
export interface Store extends Served {
  /** `full`: there is no room for images; `gone`: every connection breaks. */
  mode: 'pass' | 'full' | 'gone';
}

const noRoom = '<?xml version="1.0"?><Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>';

export async function createStore(target: string): Promise<Store> {
  const served = await serve(async (incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const body = await buffer(incoming);
    if (store.mode === 'gone') return void outgoing.destroy();
    if (store.mode === 'full' && method !== 'GET' && url.includes('/images/')) {
      outgoing.writeHead(507, { 'content-type': 'application/xml' });
      return void outgoing.end(noRoom);
    }
    // The header "host" stays as it was signed.
    const { expect: _expect, connection: _connection, ...rest } = headers;
    const answer = await request(`${target}${url}`, { method, headers: rest, body });
    outgoing.writeHead(answer.statusCode, answer.headers);
    outgoing.end(await buffer(answer.body));
  });
  const store: Store = { ...served, mode: 'pass' };
  return store;
}
