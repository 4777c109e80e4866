import type { Payload } from '@temporalio/client';

/** What a dump of PostgreSQL in its plain form holds of Temporal's payloads. */
export interface Dump {
  /** Everything that is there, one character for each byte: the text columns as they are, and the bytes of the binary ones. */
  text: string;
  /** Every encrypted payload in a binary column, whatever the table and however deep in its messages. */
  payloads: Payload[];
}

/** `dump`: what `pg_dump` printed, in which `\\x` and hex digits are a binary column. */
export function readDump(dump: string): Dump {
  const blobs = [...dump.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex'));
  return {
    text: [dump, ...blobs.map((blob) => blob.toString('latin1'))].join('\n'),
    payloads: blobs.flatMap(payloadsIn),
  };
}

/**
 * Reads bytes as a Protocol Buffers message without its schema: what the tables hold are messages of Temporal's server, which
 * publishes no schemas of them in JavaScript. A field of bytes may be a message, and is looked into as one.
 */
function payloadsIn(bytes: Buffer): Payload[] {
  const fields = fieldsOf(bytes);
  if (!fields) return [];
  const metadata = Object.fromEntries(
    fields.filter(({ number }) => number === 1).flatMap(({ value }) => metadataEntry(value)),
  );
  if (metadata['encoding']?.toString().startsWith('binary/encrypted')) {
    return [{ metadata, data: fields.find(({ number }) => number === 2)?.value ?? Buffer.alloc(0) }];
  }
  return fields.flatMap(({ value }) => payloadsIn(value));
}

/** An entry of `map<string, bytes>`. */
function metadataEntry(bytes: Buffer): [string, Buffer][] {
  const [name, value, ...more] = fieldsOf(bytes) ?? [];
  return name?.number === 1 && value?.number === 2 && more.length === 0
    ? [[name.value.toString(), value.value]]
    : [];
}

interface Field {
  number: number;
  value: Buffer;
}

/** The fields of bytes; `undefined` if they are no message. */
function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    for (let value = 0, factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) {
      if (Number.isNaN(varint())) return undefined;
      continue;
    }
    const length = type === 2 ? varint() : { 1: 8, 5: 4 }[type];
    if (length === undefined || !(at + length <= bytes.length)) return undefined;
    if (type === 2) fields.push({ number: Math.floor(tag / 8), value: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
