import type { ParentLog } from '../contract/log-fields.ts';
import { createLogger, type LoggerOptions } from '../logging.ts';

/**
 * The log of a process that runs for long: what Node would print in words of its own, with whatever is in them, becomes a
 * line like all others. An uncaught error still ends the process.
 */
export function createProcessLogger(name: string, options?: LoggerOptions): ParentLog {
  const logger = createLogger(name, options);
  process.removeAllListeners('warning');
  process.on('warning', (error) => logger.warn({ error }, 'a warning of Node'));
  process.on('uncaughtException', (error) => {
    logger.fatal({ error }, 'the process ends: an error was not caught');
    process.exit(1);
  });
  return logger;
}
