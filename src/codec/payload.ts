import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { purposeMark } from '../contract/index.ts';
import { CodecError } from './errors.ts';

/** 32 random bytes and a random name, of one application. */
export interface DataKey {
  keyId: string;
  bytes: Uint8Array;
}

/** Where a payload belongs; it opens nowhere else. */
export interface Place {
  namespace: string;
  workflowId: string;
}

/** What an encrypted payload says about itself, in clear; proven only when it is opened. */
export interface Label extends Place {
  keyId: string;
  purpose?: string;
}

/** The metadata of an encrypted payload. */
const names = {
  encoding: 'encoding',
  keyId: 'encryption-key-id',
  namespace: 'encryption-namespace',
  workflowId: 'encryption-workflow-id',
} as const;

/** The value of `encoding`; the number is the version of the form. */
const encoding = 'binary/encrypted-1';
const family = 'binary/encrypted-';

const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts the payload with AES-256-GCM under a random nonce, bound to its place and purpose. */
export function seal(payload: Payload, key: DataKey, { namespace, workflowId }: Place): Payload {
  const purpose = textOf(payload.metadata?.[purposeMark.name]);
  const label: Label = {
    keyId: key.keyId,
    namespace,
    workflowId,
    ...(purpose === undefined ? {} : { purpose }),
  };
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(label));
  const sealed = Buffer.concat([cipher.update(packed(payload)), cipher.final()]);
  return {
    metadata: {
      [names.encoding]: Buffer.from(encoding),
      [names.keyId]: Buffer.from(key.keyId),
      [names.namespace]: Buffer.from(namespace),
      [names.workflowId]: Buffer.from(workflowId),
      ...(purpose === undefined ? {} : { [purposeMark.name]: Buffer.from(purpose) }),
    },
    data: Buffer.concat([nonce, sealed, cipher.getAuthTag()]),
  };
}

/** What an encrypted payload says about itself; `undefined` for one that is not encrypted. Throws `PayloadUnknown`. */
export function labelOf({ metadata }: Payload): Label | undefined {
  const form = textOf(metadata?.[names.encoding]);
  if (!form?.startsWith(family)) return undefined;
  const keyId = textOf(metadata?.[names.keyId]);
  const namespace = textOf(metadata?.[names.namespace]);
  const workflowId = textOf(metadata?.[names.workflowId]);
  if (form !== encoding || keyId === undefined || namespace === undefined || workflowId === undefined) {
    throw new CodecError(
      'PayloadUnknown',
      'a payload is encrypted in a form that this release does not know',
    );
  }
  const purpose = textOf(metadata?.[purposeMark.name]);
  return { keyId, namespace, workflowId, ...(purpose === undefined ? {} : { purpose }) };
}

/** The inverse of {@link seal}. Throws `PayloadTampered`. */
export function open(payload: Payload, label: Label, key: DataKey): Payload {
  const data = Buffer.from(payload.data ?? []);
  try {
    if (key.keyId !== label.keyId || data.byteLength < nonceBytes + tagBytes) throw new Error('no such key');
    const nonce = data.subarray(0, nonceBytes);
    const tag = data.subarray(data.byteLength - tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes });
    decipher.setAAD(associatedData(label));
    decipher.setAuthTag(tag);
    const sealed = data.subarray(nonceBytes, data.byteLength - tagBytes);
    return unpacked(Buffer.concat([decipher.update(sealed), decipher.final()]));
  } catch (error) {
    throw new CodecError(
      'PayloadTampered',
      `a payload of ${label.workflowId} does not decrypt with its key`,
      {
        cause: error,
      },
    );
  }
}

function associatedData({ keyId, namespace, workflowId, purpose }: Label): Buffer {
  return Buffer.from(JSON.stringify([encoding, namespace, workflowId, keyId, purpose ?? null]));
}

/** The length of the metadata, the metadata as JSON with base64 values, the data. */
function packed({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.byteLength);
  return Buffer.concat([length, head, Buffer.from(data ?? [])]);
}

function unpacked(bytes: Buffer): Payload {
  const end = 4 + bytes.readUInt32BE(0);
  const head: unknown = JSON.parse(bytes.subarray(4, end).toString());
  const metadata = Object.entries(Object(head)).map(([name, value]) => [
    name,
    Buffer.from(String(value), 'base64'),
  ]);
  return { metadata: Object.fromEntries(metadata), data: bytes.subarray(end) };
}

function textOf(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes ? Buffer.from(bytes).toString() : undefined;
}
