import pino, { type DestinationStream, type Logger } from 'pino';
import { z } from 'zod';
import { build } from './build-info.ts';
import { logSettings, readSettings } from './config.ts';
import { type LogForm, logFields, type ParentLog } from './contract/log-fields.ts';
import { loggedError } from './log-error.ts';

export interface LoggerOptions {
  environment?: Record<string, string | undefined>;
  /** For a process that logs thousands of lines a second: they are written together, five times a second and at its end. */
  buffered?: boolean;
  /** What else belongs to a line: the workflow whose activity writes it. */
  context?: () => object;
  /** Instead of stderr. */
  destination?: DestinationStream;
}

/**
 * One JSON object a line on stderr, so that stdout stays for answers: `level`, `time`, `name`, `msg` and fields of
 * {@link logFields}, each in its form. Whatever else a line was given is left out, and counted in `unlisted`. A line is
 * written before the call returns, except by a buffered logger: a process that is killed loses its last lines.
 */
export function createLogger(name: string, options: LoggerOptions = {}): ParentLog {
  return createPino(name, options);
}

/** The same, for Fastify, which wants all of a pino logger. */
export function createPino(name: string, options: LoggerOptions = {}): Logger {
  const { environment = process.env, buffered = false, context } = options;
  const level = readSettings(logSettings, environment).LOG_LEVEL;
  return pino(
    {
      level,
      base: { name, build: build.buildId ?? build.version },
      errorKey: 'error',
      serializers: {
        error: (error: unknown) => loggedError(error),
        err: (error: unknown) => loggedError(error),
      },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        logMethod(args, method) {
          const [first, second] = args;
          const message = typeof second === 'string' ? second : '';
          if (typeof first === 'string') method.call(this, {}, first);
          // Without words it would have its own message as words, with whatever is in it.
          else if (first instanceof Error) method.call(this, { error: first }, message || 'unexpected error');
          else method.call(this, first, message);
        },
        // Last of all, so that nothing that a child or a library adds gets past it.
        streamWrite: printable,
      },
      ...(context ? { mixin: context } : {}),
    },
    options.destination ?? destinationOf(buffered),
  );
}

const always: readonly string[] = ['level', 'time', 'msg'];

/** A line with nothing but what {@link logFields} lists, in its form. */
function printable(line: string): string {
  const given = z.record(z.string(), z.unknown()).parse(JSON.parse(line));
  const printed: Record<string, unknown> = {};
  let unlisted = 0;
  for (const [name, value] of Object.entries(given)) {
    if (always.includes(name)) printed[name] = typeof value === 'string' ? value.slice(0, 1000) : '(odd)';
    else if (isListed(name))
      printed[name] = value === null || forms[logFields[name].form](value) ? value : '(odd)';
    else unlisted += 1;
  }
  return `${JSON.stringify(unlisted === 0 ? printed : { ...printed, unlisted })}\n`;
}

function isListed(name: string): name is keyof typeof logFields {
  return Object.hasOwn(logFields, name);
}

const matches = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const isNumber = (value: unknown) => typeof value === 'number';
const isId = matches(/^[\w.:~/-]{1,250}$/);
const isObject = (value: unknown) => typeof value === 'object';
const isWord = matches(/^[\w(][\w .,:()/-]{0,99}$/);
const forms: Record<LogForm, (value: unknown) => boolean> = {
  id: isId,
  ids: (value) => Array.isArray(value) && value.every((one) => one === '(odd)' || isId(one)),
  word: (value) => isNumber(value) || isWord(value),
  number: isNumber,
  flag: (value) => typeof value === 'boolean',
  time: matches(/^[\dTZ:.+-]{10,35}$/),
  text: matches(/^[^{}]{0,500}$/),
  person: matches(/^.{1,250}$/),
  call: matches(/^([A-Z]+ )?\/[\w./:~*-]{0,250}$/),
  place: matches(/^(https?:\/\/)?[\w.:[\]-]{1,250}$/),
  counts: (value) =>
    isObject(value) && Object.entries(value ?? {}).every(([word, n]) => isWord(word) && isNumber(n)),
  shape: isObject,
  error: isObject,
};

function destinationOf(buffered: boolean): DestinationStream {
  if (!buffered) return pino.destination({ dest: 2, sync: true });
  const destination = pino.destination({ dest: 2, minLength: 4096 });
  setInterval(() => destination.flushSync(), 200).unref();
  process.once('exit', () => destination.flushSync());
  return destination;
}
