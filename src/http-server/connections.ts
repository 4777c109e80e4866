import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerLimits } from './limits.ts';
import type { ConnectionRefusal } from './refusals.ts';

export interface Connections {
  /** How many are open. */
  open(): number;
  /** For Node's "clientError": what comes is no HTTP, or comes too slowly, or its sender has gone. */
  onClientError(error: Error & { code?: string }, socket: Socket): void;
  /** False when this connection has had enough: it is destroyed, and its requests need no answer. */
  accept(request: IncomingMessage, response: ServerResponse): boolean;
  /** From now on the request on this connection has an answer of its own. */
  handling(socket: Socket): void;
}

export interface ConnectionOptions {
  limits: Pick<ServerLimits, 'connections' | 'connectionsPerAddress' | 'refusalTime'>;
  isTrustedProxy: (address: string | undefined) => boolean;
  refused: (reason: ConnectionRefusal) => void;
  /** The HTTP status of a refusal; 0 where there is no answer to give. */
  statusOf: (reason: ConnectionRefusal) => number;
}

/** Requests that are sent one after the other without waiting: Node answers all, and keeps the answers in memory. */
const mostUnanswered = 10;

/** What is refused before there is a request, by Node's server itself: limited, answered and counted here. */
export function createConnections({
  limits,
  isTrustedProxy,
  refused,
  statusOf,
}: ConnectionOptions): Connections & {
  watch(server: Server): void;
} {
  const perAddress = new Map<string, number>();
  const handled = new WeakSet<Socket>();
  const unanswered = new WeakMap<Socket, number>();
  let open = 0;

  function onConnection(socket: Socket): void {
    // Node takes its own listener off before it hands a socket over, and an error without a listener ends the process.
    socket.on('error', () => {});
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    const address = socket.remoteAddress;
    if (address === undefined) {
      // The connection was reset before it was accepted. A request may have arrived, but there is no client left to answer.
      refused('client_gone');
      socket.destroy();
      return;
    }
    if (isTrustedProxy(address)) return;
    const count = (perAddress.get(address) ?? 0) + 1;
    perAddress.set(address, count);
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    if (count > limits.connectionsPerAddress) {
      refused('too_many_connections_of_address');
      socket.destroy();
    }
  }

  /** Ends the connection after a bare answer, whether or not it is read. */
  function end(socket: Socket, reason: ConnectionRefusal): void {
    const status = statusOf(reason);
    if (status === 0 || !socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    setTimeout(() => socket.destroy(), limits.refusalTime).unref();
  }

  return {
    open: () => open,
    accept: ({ socket }, response) => {
      if (socket.destroyed) return false;
      const count = (unanswered.get(socket) ?? 0) + 1;
      if (count > mostUnanswered) {
        refused('too_many_requests');
        socket.destroy();
        return false;
      }
      unanswered.set(socket, count);
      response.once('close', () => {
        const left = (unanswered.get(socket) ?? 1) - 1;
        unanswered.set(socket, left);
        // What comes next on this connection is another request.
        if (left === 0) handled.delete(socket);
      });
      return true;
    },
    handling: (socket) => handled.add(socket),
    onClientError: (error, socket) => {
      const reason = reasonOf(error.code);
      // A request that has reached its handler is answered and counted there; after its last answer, a connection gets no more.
      if (reason && !handled.has(socket) && socket.writable) {
        refused(reason);
        end(socket, reason);
      } else {
        socket.destroy();
      }
    },
    watch: (server) => {
      server.maxConnections = limits.connections;
      server.on('connection', onConnection);
      server.on('drop', () => refused('too_many_connections'));
      // Node would drop these two without a word, or refuse a request for a header that means nothing here.
      server.on('connect', (_request, socket: Socket) => {
        refused('wrong_method');
        end(socket, 'wrong_method');
      });
      server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    },
  };
}

/** `undefined` for a connection that just ended. */
function reasonOf(code = ''): ConnectionRefusal | undefined {
  return known.get(code) ?? (code.startsWith('HPE_') ? 'not_http' : undefined);
}

/** Of Node's HTTP parser and server. */
const known = new Map<string, ConnectionRefusal>([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'too_slow'],
  ['HPE_HEADER_OVERFLOW', 'headers_too_large'],
  ['HPE_INVALID_EOF_STATE', 'client_gone'],
]);
