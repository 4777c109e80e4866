import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { plainPayload } from '../../contract/index.ts';

/** Protobuf's JSON of Temporal's `Payloads`. Bytes are base64, in either alphabet. */
const payload = z.object({
  metadata: z.record(z.string(), z.string()).nullish(),
  data: z.string().nullish(),
  externalPayloads: z.array(z.object({ sizeBytes: z.union([z.string(), z.number()]).optional() })).optional(),
});
const body = z.object({ payloads: z.array(z.unknown()).nullish() });

/** One payload as it is sent and answered. */
export type WirePayload = z.output<typeof payload>;

/** The payloads of a request; or why they are none that are taken. */
export function readPayloads(
  json: unknown,
  most: number,
): WirePayload[] | 'not_payloads' | 'too_many_payloads' {
  const read = body.safeParse(json);
  if (!read.success) return 'not_payloads';
  const given = read.data.payloads ?? [];
  if (given.length > most) return 'too_many_payloads';
  const payloads = z.array(payload).safeParse(given);
  return payloads.success ? payloads.data : 'not_payloads';
}

export function fromWire({ metadata, data }: WirePayload): Payload {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    ...(data == null ? {} : { data: Buffer.from(data, 'base64') }),
  };
}

export function toWire({ metadata, data }: Payload): WirePayload {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    ...(data == null ? {} : { data: Buffer.from(data).toString('base64') }),
  };
}

/** In place of a payload that is not shown: readable in the UI and by any SDK, and nothing else fails for it. */
export function unreadable(reason: string): WirePayload {
  return toWire(plainPayload({ unreadable: reason }));
}
