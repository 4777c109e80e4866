import { createHash } from 'node:crypto';
import { z } from 'zod';
import { json } from './json.ts';

const calls = ['create', 'read', 'patch', 'documents'] as const;
export type Call = (typeof calls)[number];

const common = {
  /** Only for the evaluations of this request `id`. */
  id: z.string().max(200).optional(),
  /** How often it strikes for one evaluation; by default always. */
  times: z.int().min(1).max(100_000).optional(),
  /** How many it lets pass first. */
  skip: z.int().min(0).max(100_000).default(0),
  /** The probability of each strike, drawn from the emulator's seed. */
  chance: z.number().min(0).max(1).default(1),
};
const atCall = { at: z.enum(calls), ...common };
const atWebhook = { at: z.literal('webhook'), event: z.string().max(64).optional(), ...common };
/** Before RiskOS processed the request, or after: then it happened all the same. */
const when = z.enum(['before', 'after']).default('before');
const milliseconds = z.int().min(0).max(600_000);
const bytes = z
  .int()
  .min(1)
  .max(2 ** 31);

const ofCalls = [
  z.strictObject({ kind: z.literal('latency'), ...atCall, when, ms: milliseconds }),
  /** Another answer than RiskOS's own; `code` gives the long error body, `body` any other. */
  z.strictObject({
    kind: z.literal('answer'),
    ...atCall,
    when,
    status: z.int().min(200).max(599),
    code: z.string().max(60).optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,60}$/), z.string().max(1000)).default({}),
    body: json.optional(),
  }),
  /** The connection is cut without an answer. */
  z.strictObject({ kind: z.literal('cut'), ...atCall, when }),
  /** Webhooks before the answer of the POST. */
  z.strictObject({ kind: z.literal('early'), ...atCall, at: z.literal('create') }),
  /** Half of the body, then the connection is cut. */
  z.strictObject({ kind: z.literal('truncated'), ...atCall }),
  /** The body in pieces, over this time. */
  z.strictObject({ kind: z.literal('slow'), ...atCall, ms: milliseconds }),
  /** A body that ends in the middle of its JSON. */
  z.strictObject({ kind: z.literal('malformed'), ...atCall }),
  /** A valid answer with a filler of that size. */
  z.strictObject({ kind: z.literal('huge'), ...atCall, bytes: bytes.default(10_000_000) }),
  /** A small body that unpacks to that size. */
  z.strictObject({ kind: z.literal('gzip_bomb'), ...atCall, bytes: bytes.default(200_000_000) }),
  z.strictObject({
    kind: z.literal('zip'),
    ...atCall,
    at: z.literal('documents'),
    zip: z.enum(['truncated', 'not_a_zip', 'hostile', 'huge', 'many']),
  }),
  /** The answer merged with this, as RFC 7396 merges: null removes. */
  z.strictObject({ kind: z.literal('change'), ...atCall, change: json }),
] as const;

const ofWebhooks = [
  z.strictObject({ kind: z.literal('drop'), ...atWebhook }),
  /** Sent twice at the same moment, with the same `event_id`. */
  z.strictObject({ kind: z.literal('double'), ...atWebhook }),
  z.strictObject({ kind: z.literal('delay'), ...atWebhook, ms: milliseconds }),
  /** Each delayed by a time drawn from the seed, up to this one. */
  z.strictObject({ kind: z.literal('shuffle'), ...atWebhook, ms: milliseconds }),
  /** Followed by a second event that says something else. */
  z.strictObject({ kind: z.literal('contradict'), ...atWebhook, change: json }),
  /** Its `data` merged with this, as RFC 7396 merges. */
  z.strictObject({ kind: z.literal('change'), ...atWebhook, change: json }),
] as const;

export const faults = z
  .array(
    z.discriminatedUnion('at', [
      z.discriminatedUnion('kind', ofCalls),
      z.discriminatedUnion('kind', ofWebhooks),
    ]),
  )
  .max(100);
type Fault = z.output<typeof faults>[number];
export type WebhookFault = Extract<Fault, { at: 'webhook' }>;
export type CallFault = Exclude<Fault, { at: 'webhook' }>;

/** A number in [0, 1) that depends on the seed and the words only: the same seed gives the same faults in any order. */
export function chanceOf(seed: number, ...words: (string | number)[]): number {
  const hash = createHash('sha256').update(JSON.stringify([seed, ...words]));
  return hash.digest().readUInt32BE(0) / 2 ** 32;
}

/** Whom a fault may strike: `who` stays the same from run to run, so that a seed repeats. */
export interface Target {
  id: string;
  who: string;
  own: readonly Fault[];
}

/** Decides which faults strike; counts per fault and target. */
export function createFaults(seed: number) {
  const counts = new Map<string, number>();
  let general: readonly Fault[] = [];
  let edition = 0;

  function strikes(fault: Fault, scope: string): boolean {
    const key = `${edition} ${scope}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (count < fault.skip) return false;
    if (fault.times !== undefined && count >= fault.skip + fault.times) return false;
    return fault.chance === 1 || chanceOf(seed, scope, count) < fault.chance;
  }

  /** Those for everybody first, then those of the play. */
  function struck(target: Target, fits: (fault: Fault) => boolean): Fault[] {
    const { id, who, own } = target;
    const concerns = (fault: Fault) => fits(fault) && (fault.id === undefined || fault.id === id);
    return [
      ...general.filter((fault, index) => concerns(fault) && strikes(fault, `general ${index} ${who}`)),
      ...own.filter((fault, index) => concerns(fault) && strikes(fault, `own ${index} ${who}`)),
    ];
  }

  return {
    seed,
    counts: (): [string, number][] => [...counts],
    restore(kept: readonly [string, number][]): void {
      for (const [key, count] of kept) counts.set(key, count);
    },
    get general(): readonly Fault[] {
      return general;
    },
    /** Replaces those for everybody; their counts begin again. */
    replace(next: readonly Fault[]): void {
      general = next;
      edition += 1;
    },
    atCall(call: Call, target: Target): CallFault[] {
      return struck(target, ({ at }) => at === call).filter((fault) => fault.at !== 'webhook');
    },
    atWebhook(event: string, target: Target): WebhookFault[] {
      const fits = (fault: Fault) =>
        fault.at === 'webhook' && (fault.event === undefined || fault.event === event);
      return struck(target, fits).filter((fault) => fault.at === 'webhook');
    },
  };
}
export type Faults = ReturnType<typeof createFaults>;
