/** Timers that all end with {@link Stage.close}; one step is the emulator's pace. */
export interface Stage {
  /** Runs `work` after that many steps; its failure goes to `onError`. */
  later(steps: number, work: () => unknown): void;
  /** Resolves after that many milliseconds, unless the stage is closed before: then never. */
  wait(milliseconds: number): Promise<void>;
  close(): void;
}

/** `onDone` is called after each piece of work. */
export function createStage(pace: number, onError: (error: unknown) => void, onDone: () => void): Stage {
  const timers = new Set<NodeJS.Timeout>();

  function wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, milliseconds);
      timers.add(timer);
    });
  }

  return {
    wait,
    later(steps, work) {
      wait(steps * pace)
        .then(work)
        .then(onDone)
        .catch(onError);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
