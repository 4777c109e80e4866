import { connect, createServer, type Server, type Socket } from 'node:net';

/** A port that passes connections on, and refuses them while it is shut. */
export interface Door {
  url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function openDoor(target: string): Promise<Door> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  let port = 0;
  let server: Server | undefined;
  const open = async () => {
    const listening = createServer((incoming) => {
      const outgoing = connect(Number(targetPort), hostname);
      for (const [one, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => sockets.delete(one));
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => listening.listen(port, '127.0.0.1', resolve));
    const address = listening.address();
    if (typeof address !== 'object' || address === null) throw new Error('the door does not listen');
    port = address.port;
    server = listening;
  };
  const shut = async () => {
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    for (const socket of sockets) socket.destroy();
    await closed;
    server = undefined;
  };
  await open();
  return { url: `http://127.0.0.1:${port}`, open, shut };
}
