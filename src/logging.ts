import pino, { type Logger } from 'pino';
import { logSettings, readSettings } from './config.ts';

/** JSON lines on stderr, so that stdout stays for answers. */
export function createLogger(name: string, environment = process.env): Logger {
  return pino(
    { name, level: readSettings(logSettings, environment).LOG_LEVEL, base: { name } },
    pino.destination(2),
  );
}
