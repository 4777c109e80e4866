import pino, { type Logger } from 'pino';
import { logSettings, readSettings } from './config.ts';

interface LoggerOptions {
  environment?: Record<string, string | undefined>;
  /** For a process that logs thousands of lines a second: they are written together, five times a second and at its end. */
  buffered?: boolean;
}

/** JSON lines on stderr, so that stdout stays for answers. What is killed loses the last lines of a buffered one. */
export function createLogger(
  name: string,
  { environment = process.env, buffered = false }: LoggerOptions = {},
): Logger {
  const level = readSettings(logSettings, environment).LOG_LEVEL;
  if (!buffered) return pino({ name, level, base: { name } }, pino.destination(2));
  const destination = pino.destination({ dest: 2, minLength: 4096 });
  setInterval(() => destination.flushSync(), 200).unref();
  process.once('exit', () => destination.flushSync());
  return pino({ name, level, base: { name } }, destination);
}
