import { connect, createServer, type ServerHttp2Stream } from 'node:http2';

/** Temporal behind an authorizer: what `denies` is answered with a gRPC status, the rest is passed on. */
export interface Denying {
  /** host:port. */
  address: string;
  /** The methods that were denied, such as "ListSearchAttributes". */
  denied: string[];
  close(): void;
}

export async function createDenying(
  temporal: string,
  denies: (method: string) => boolean,
  status = 7,
): Promise<Denying> {
  const upstream = connect(`http://${temporal}`);
  const server = createServer();
  const streams = new Set<ServerHttp2Stream>();
  const denied: string[] = [];
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    streams.add(stream);
    stream.on('error', () => undefined).on('close', () => streams.delete(stream));
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    if (denies(method)) {
      denied.push(method);
      const trailers = { 'grpc-status': String(status), 'grpc-message': 'Request unauthorized.' };
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...trailers },
        { endStream: true },
      );
      return;
    }
    const { ':authority': _, ...passed } = headers;
    const request = upstream.request(passed);
    let trailers: Record<string, string | string[] | undefined> = {};
    request.on('response', ({ ':status': code, ...answer }) => {
      if (stream.closed || stream.destroyed) return;
      // An error has its status in the headers, and no body.
      if ('grpc-status' in answer) {
        stream.respond({ ':status': code, ...answer }, { endStream: true });
        return;
      }
      stream.respond({ ':status': code, ...answer }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      request.pipe(stream);
    });
    request.on('trailers', (received) => {
      trailers = Object.fromEntries(Object.entries(received).map(([name, value]) => [name, String(value)]));
    });
    request.on('error', () => stream.close());
    stream.on('close', () => request.close());
    stream.pipe(request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the gateway does not listen');
  return {
    address: `127.0.0.1:${address.port}`,
    denied,
    close: () => {
      for (const stream of streams) stream.destroy();
      upstream.destroy();
      server.close();
    },
  };
}
