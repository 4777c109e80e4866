import pino, { type Logger } from 'pino';
import { logSettings, readSettings } from './config.ts';

/**
 * JSON lines on stderr, so that stdout stays for answers. `buffered`, for a process that logs thousands of lines a second:
 * they are written together, five times a second and when the process ends; what is killed loses the last ones.
 */
export function createLogger(name: string, { buffered = false } = {}): Logger {
  const level = readSettings(logSettings).LOG_LEVEL;
  if (!buffered) return pino({ name, level, base: { name } }, pino.destination(2));
  const destination = pino.destination({ dest: 2, minLength: 4096 });
  setInterval(() => destination.flushSync(), 200).unref();
  process.once('exit', () => destination.flushSync());
  return pino({ name, level, base: { name } }, destination);
}
