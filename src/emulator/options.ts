import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { faults as faultList } from './faults.ts';
import { rateLimit } from './rate-limit.ts';
import { scenarios } from './scenarios.ts';
import { webhookTarget } from './webhooks.ts';

const milliseconds = z.int().min(0).max(600_000);

const environmentName = z.enum(['Sandbox', 'Production']);
const key = z.union([
  z.string().min(1),
  z.strictObject({ key: z.string().min(1), environment: environmentName }),
]);

const emulatorOptions = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one. */
  port: z.int().min(0).max(65_535).default(0),
  /** The base of capture links, where it is not http://host:port. */
  publicUrl: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
  /** The accepted bearer key or keys; each for one environment, and blind for what the other one has. */
  apiKey: z.union([key, z.array(key).min(1)]),
  /** The environment of keys that name none. */
  environment: environmentName.default('Sandbox'),
  webhook: webhookTarget.optional(),
  /** Added to the built-in ones, or in place of those with the same name. */
  scenarios: scenarios.default({}),
  /** Milliseconds between two steps of a played candidate or reviewer. */
  pace: milliseconds.default(300),
  /** How webhooks are retried; delays in milliseconds. */
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(10).default(10),
      firstDelay: milliseconds.default(1000),
      longestDelay: milliseconds.default(60_000),
    })
    .prefault({}),
  /** The same seed gives the same faults. */
  seed: z.int().default(1),
  /** Faults for everybody, besides those of the scenarios. */
  faults: faultList.default([]),
  /** By default there is no limit. */
  rateLimit: rateLimit.optional(),
  /** The file that keeps the state, so that an emulator that was killed continues when it is started again. */
  stateFile: z.string().min(1).optional(),
  /** Whether a selfie may be compared with documents that this emulator has not seen. */
  acceptForeignBaselines: z.boolean().default(false),
});
export type EmulatorOptions = z.input<typeof emulatorOptions> & {
  /** A pino logger. */
  logger?: FastifyBaseLogger | false;
};

/** The options are not valid; the message names each field, never a value. */
export class InvalidEmulatorOptions extends Error {
  readonly type = 'InvalidEmulatorOptions';
}

/** Throws {@link InvalidEmulatorOptions}. */
export function readOptions(options: unknown) {
  const result = emulatorOptions.safeParse(options);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw new InvalidEmulatorOptions(`The emulator cannot start: ${issues.join('; ')}`);
}
