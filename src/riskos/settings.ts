import type { ParentLog } from '../contract/log-fields.ts';
import { type Dispatcher, Pool } from 'undici';
import { z } from 'zod';
import { describeIssues, useCases } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import { reasonCodeTable } from './reason-code-table.ts';
import { defaultReasonCodes } from './reason-codes.ts';
import {
  defaultEventTypes,
  externalDevicePlacements,
  patchIds,
  previousReferencePlacements,
} from './wire.ts';

const milliseconds = z.number().int().min(1).max(3_600_000);
const bytes = z
  .number()
  .int()
  .min(1)
  .max(1024 * 1024 * 1024);
const word = z.string().min(1).max(100);

const settings = z.strictObject({
  /** RiskOS's address without a path: `https://riskos.sandbox.socure.com` or `https://riskos.socure.com` [doc]. */
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine(isOrigin, 'must be an address without path, user or query, such as "https://riskos.socure.com"')
    .transform((url) => new URL(url).origin),
  apiKey: z
    .string()
    .min(1, 'must not be empty')
    .max(4096)
    .regex(/^[\x21-\x7e]+$/, 'must be the key alone, without spaces or line ends')
    .refine((key) => !/^["'`]|["'`]$/.test(key), 'must be the key alone, without quotes around it'),
  apiVersion: word
    .regex(/^[\w.-]+$/, 'must be a version such as "2025-01-01.orion"')
    .default('2025-01-01.orion'),
  /** Compared with the `environment_name` of every answer that has one. */
  environment: z.enum(['Sandbox', 'Production']),
  /** The workflow's name in the RiskOS dashboard. */
  workflow: z.string().min(1).max(200),
  /** Milliseconds. `body` is the longest silence within an answer; `total` and `documents` bound a whole call. */
  timeouts: z
    .strictObject({
      connect: milliseconds.default(10_000),
      headers: milliseconds.default(30_000),
      body: milliseconds.default(30_000),
      total: milliseconds.default(60_000),
      documents: milliseconds.default(300_000),
    })
    .prefault({}),
  /** Bytes of an answer. */
  limits: z
    .strictObject({
      json: bytes.default(4 * 1024 * 1024),
      documents: bytes.default(64 * 1024 * 1024),
    })
    .prefault({}),
  /** Connections to RiskOS at once. */
  connections: z.number().int().min(1).max(1000).default(50),
  previousReferencePlacement: z
    .enum(previousReferencePlacements)
    .default('data.individual.additional_context.previous_reference_id'),
  externalDevicePlacement: z.enum(externalDevicePlacements).default('data.individual.external_device'),
  patchId: z.enum(patchIds).default('evaluationId'),
  /** Another `event_type` for a use case, when the RiskOS workflow has been customised. */
  eventTypes: z.partialRecord(z.enum(useCases), word).default({}),
  reasonCodes: reasonCodeTable.default(defaultReasonCodes),
});

export type RiskosClientOptions = z.input<typeof settings> & {
  logger?: ParentLog;
  now?: () => Date;
  /** What sends the requests: undici's `EnvHttpProxyAgent` for a proxy; a `Pool` of direct connections when absent. */
  dispatcher?: (origin: string, bounds: ConnectionBounds) => Dispatcher;
};

/** The part of undici's options that the client sets; times in milliseconds. */
interface ConnectionBounds {
  connections?: number;
  connectTimeout?: number;
  headersTimeout?: number;
  bodyTimeout?: number;
  /** 0: each request has a connection of its own. */
  pipelining?: number;
}

export type RiskosSettings = ReturnType<typeof checkedSettings>;

/** Throws {@link RiskosError} `InvalidSettings` that names every wrong one, and never a value. */
export function checkedSettings({ logger, now, dispatcher, ...options }: RiskosClientOptions) {
  const parsed = settings.safeParse(options, {
    error: (issue) => (issue.input === undefined ? 'is required' : undefined),
  });
  if (!parsed.success) {
    throw new RiskosError('InvalidSettings', {
      fields: [...new Set(parsed.error.issues.map(({ path }) => path.map(String).join('.')))],
      note: describeIssues(parsed.error),
    });
  }
  const { baseUrl: origin, eventTypes, ...rest } = parsed.data;
  return {
    ...rest,
    origin,
    eventTypes: { ...defaultEventTypes, ...eventTypes },
    logger,
    now: now ?? (() => new Date()),
    dispatcher: dispatcher ?? directly,
  };
}

function directly(origin: string, bounds: ConnectionBounds): Dispatcher {
  return new Pool(origin, bounds);
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return false;
  const { pathname, search, hash, username, password } = url;
  return pathname === '/' && [search, hash, username, password].every((part) => part === '');
}
