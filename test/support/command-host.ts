import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { endOf, type Order } from './command.ts';

/**
 * The command in a process that runs it again and again: most of a run's processor time is loading its modules, and they stay
 * loaded here. What a run writes is on stdout and stderr, each closed with a mark.
 */
const main = process.argv[2] ?? '';
const exit = process.exit.bind(process);

class Exit extends Error {}

process.exit = (code) => {
  process.exitCode = code ?? 0;
  throw new Exit();
};
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);
process.once('disconnect', () => exit(0));

const folder = process.cwd();
let runs = 0;
for (;;) {
  const [order] = await once(process, 'message');
  await carryOut(order);
}

async function carryOut({ args, env, input = '', cwd = folder }: Order): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([Buffer.from(input)]) });
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  runs += 1;
  const before = process.listeners('exit');
  try {
    // Another address is another module: its top level runs again, what it imports does not.
    await import(`${pathToFileURL(main).href}?run=${runs}`);
  } catch (error) {
    if (!(error instanceof Exit)) {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    }
  }
  const code = process.exitCode ?? 0;
  // Such as the flush of a log.
  for (const listener of process.listeners('exit').filter((one) => !before.includes(one))) {
    listener.call(process, code);
    process.off('exit', listener);
  }
  const end = endOf(code);
  process.stdout.write(end);
  process.stderr.write(end);
}
