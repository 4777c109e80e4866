import PQueue from 'p-queue';
import { type Cipher, unreadables } from './cipher.ts';
import { mayRead, type Role } from './roles.ts';
import { fromWire, toWire, unreadable, type WirePayload } from './wire.ts';

/** Why a payload comes back as a marker. */
export const markers = ['NotPermitted', ...unreadables] as const;
type Marker = (typeof markers)[number];

/** What happened to one payload, for the audit log; the workflow id of a refused one is what it claims. */
export type Fate = { result: 'clear' } | { result: 'decoded' | Marker; workflowId: string };

export interface Decoded {
  payloads: WirePayload[];
  fates: Fate[];
}

/** Keys that are read at the same time for one request. */
const concurrency = 8;

interface DecodeOptions {
  cipher: Cipher;
  role: Role;
  namespace: string | undefined;
  /** Nobody waits for the answer any more. */
  givenUp: AbortSignal;
}

/**
 * Decodes what the role may read. What cannot be decoded, or may not, comes back as a marker and spoils no other; what is
 * not encrypted comes back as it is. Nothing is decoded while the key store cannot be asked: after the first key that cannot be
 * had, or when the request is given up, no other key is read.
 */
export async function decode(
  given: readonly WirePayload[],
  { cipher, role, namespace, givenUp }: DecodeOptions,
): Promise<Decoded | 'key_store_unavailable'> {
  const queue = new PQueue({ concurrency });
  let isDown = false;
  const one = async (wire: WirePayload): Promise<{ payload: WirePayload; fate: Fate } | undefined> => {
    if (isDown || givenUp.aborted) return undefined;
    const payload = fromWire(wire);
    const label = cipher.labelOf(payload);
    if (!label) return { payload: wire, fate: { result: 'clear' } };
    const { workflowId, purpose } = label;
    const refused = (result: Marker) => ({ payload: unreadable(result), fate: { result, workflowId } });
    if (!mayRead(role, purpose)) return refused('NotPermitted');
    const opened = await cipher.open(payload, namespace);
    if (opened === 'key_store_unavailable') {
      isDown = true;
      return undefined;
    }
    return 'unreadable' in opened
      ? refused(opened.unreadable)
      : { payload: toWire(opened.payload), fate: { result: 'decoded', workflowId } };
  };
  const all = await queue.addAll(given.map((wire) => () => one(wire)));
  const done = all.filter((result) => result !== undefined);
  if (done.length < all.length) return 'key_store_unavailable';
  return { payloads: done.map(({ payload }) => payload), fates: done.map(({ fate }) => fate) };
}
