/** One of the workflows that are compared, with a worker process of its own. */
export interface Contender {
  name: string;
  workerPid: number | undefined;
  /** Starts that many, and resolves when each of them waits for its signal. */
  start(count: number): Promise<string[]>;
  /** Has each of them signalled, and resolves when each is at its end. */
  finish(ids: string[]): Promise<void>;
  /** Milliseconds from the last signal in the history to the end, by the server's clock. */
  latency(id: string): Promise<number>;
}
