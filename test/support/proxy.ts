import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

/** An HTTP proxy on loopback that takes CONNECT, and nothing else. */
export interface Proxy {
  /** `http://127.0.0.1:port`. */
  url: string;
  /** `host:port` of each CONNECT, in order. */
  connected: string[];
  /** `proxy-authorization` of each. */
  authorizations: (string | undefined)[];
  /** What it answers; 200 opens the tunnel, `undefined` answers nothing. */
  status: number | undefined;
  /** Breaks all tunnels. */
  cut(): void;
  close(): Promise<void>;
}

/** `routes`: which port of loopback stands behind which host, as no name server knows it. */
export async function createProxy(routes: Record<string, number | string>): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((_, answer) => answer.writeHead(405).end());
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
    proxy.connected.push(url);
    proxy.authorizations.push(headers['proxy-authorization']);
    if (proxy.status === undefined) return;
    const port = routes[url.replace(/:\d+$/, '')];
    const status = proxy.status === 200 && port === undefined ? 502 : proxy.status;
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: Proxy = {
    url: `http://127.0.0.1:${address.port}`,
    connected: [],
    authorizations: [],
    status: 200,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
