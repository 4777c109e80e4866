import { setTimeout as wait } from 'node:timers/promises';

/** Something that can be started again after it was killed. */
export interface Mortal {
  kill(): Promise<void>;
  /** Resolves when it has ended, by whatever. */
  ended: Promise<unknown>;
}

/** Keeps one process running, as an orchestrator does: what ends is started again. */
export interface Keeper {
  /** Kills it and starts it again after so many milliseconds. Nothing happens to one that is being started. */
  kill(downFor: number): Promise<boolean>;
  stop(): Promise<void>;
  /** How often it ended without having been killed. */
  deaths(): number;
}

const maxTries = 25;

/** Resolves when it runs for the first time. */
export async function keep(start: () => Promise<Mortal>): Promise<Keeper> {
  const end = new AbortController();
  let deaths = 0;
  let running: Mortal | undefined;
  let killed: Mortal | undefined;
  let away = 0;

  const begin = async () => {
    for (let tries = 1; !end.signal.aborted; tries++) {
      try {
        running = await start();
        return;
      } catch (error) {
        // What it needs may be away as well, but not for ever.
        if (tries === maxTries) throw error;
        await wait(200);
      }
    }
  };
  const watch = async () => {
    while (running) {
      const current = running;
      await current.ended;
      running = undefined;
      if (end.signal.aborted) return;
      if (current === killed) await wait(away);
      else deaths += 1;
      await begin();
    }
  };
  await begin();
  const watching = watch();
  // Told when it is stopped; until then its funnels tell that something is wrong.
  watching.catch(() => undefined);
  return {
    kill: async (downFor) => {
      if (!running) return false;
      killed = running;
      away = downFor;
      await running.kill();
      return true;
    },
    stop: async () => {
      end.abort();
      await running?.kill();
      await watching.catch(() => undefined);
      // One that was being started when it was stopped.
      await running?.kill();
    },
    deaths: () => deaths,
  };
}
