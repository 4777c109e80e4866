import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto';
import { base64nopad, bech32 } from '@scure/base';
import { generateIdentity, identityToRecipient, Stanza } from 'age-encryption';

/** A new age key pair: `identity` is the secret that opens, `recipient` the public key. */
export async function createAgeKey(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The secret keys in the text of a file that age-keygen wrote: one a line, with comments between them. */
export function identitiesIn(file: string): string[] {
  return file
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What stands before the 32 bytes of an X25519 key in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * The identity as a key of WebCrypto, which is imported once: from its text `age-encryption` imports it at each decryption,
 * which is half of the work for a small file (docs/decisions.md). Other kinds than X25519 stay text.
 */
export async function importedIdentity(identity: string): Promise<string | webcrypto.CryptoKey> {
  if (!identity.startsWith('AGE-SECRET-KEY-1')) return identity;
  const key = Buffer.concat([pkcs8Head, bech32.decodeToBytes(identity).bytes]);
  // The library multiplies the base point itself, so that the key need not be extractable. Without X25519 in
  // WebCrypto, the library uses its own.
  return webcrypto.subtle
    .importKey('pkcs8', key, { name: 'X25519' }, false, ['deriveBits'])
    .catch(() => identity);
}

/** What stands before the 32 bytes of an X25519 public key in SPKI (RFC 8410). */
const spkiHead = Buffer.from('302a300506032b656e032100', 'hex');

/** A line of the header with the wrapped key of the file; age's own declarations need those of a browser. */
interface KeyStanza {
  args: string[];
  body: Uint8Array;
}

interface KeyRecipient {
  wrapFileKey(fileKey: Uint8Array): KeyStanza[];
}

/**
 * The public key as a recipient for the library's encrypter. Node's crypto wraps the key of a file for X25519, because the
 * library imports each file's own key into WebCrypto twice (docs/decisions.md). Other kinds stay text. Throws when the public key
 * is one of those with which everybody knows the secret.
 */
export function recipientOf(publicKey: string): string | KeyRecipient {
  const decoded = bech32.decodeUnsafe(publicKey);
  const bytes = decoded && bech32.fromWordsUnsafe(decoded.words);
  if (!publicKey.startsWith('age1') || decoded?.prefix !== 'age' || bytes?.byteLength !== 32)
    return publicKey;
  const key = createPublicKey({ key: Buffer.concat([spkiHead, bytes]), format: 'der', type: 'spki' });
  wrapped(new Uint8Array(16), key, bytes);
  return { wrapFileKey: (fileKey) => [wrapped(fileKey, key, bytes)] };
}

/** The stanza `X25519` of age's format. */
function wrapped(fileKey: Uint8Array, publicKey: KeyObject, bytes: Uint8Array): KeyStanza {
  const once = generateKeyPairSync('x25519');
  const share = once.publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiHead.byteLength);
  const secret = diffieHellman({ privateKey: once.privateKey, publicKey });
  const salt = Buffer.concat([share, bytes]);
  const key = new Uint8Array(hkdfSync('sha256', secret, salt, 'age-encryption.org/v1/X25519', 32));
  // Each key seals one message, so that its nonce may be constant.
  const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: tagBytes });
  const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
  return new Stanza(['X25519', base64nopad.encode(share)], body);
}

/** Bytes of the nonce between the header and the content of a file. */
export const nonceBytes = 16;
/** Bytes that authenticate a chunk, at its end. */
export const tagBytes = 16;

/** The key of a file's content. */
export function contentKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** The nonce of a chunk is its number and whether it is the last, so that none can be moved, left out or cut off. */
export function chunkNonce(number: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

/** The part of age's decrypter that is used here; age's own declarations need those of a browser. */
export interface HeaderDecrypter {
  decryptHeader(header: Uint8Array): Promise<Uint8Array>;
}

/**
 * Decrypts a file of one chunk, so of at most 64 KiB. The library opens the header, in which the file's key is wrapped; Node's
 * cipher decrypts the content, since the library's streams cost several times as much. Rejects if the file is damaged or
 * larger, or if no identity opens it.
 */
export async function decryptSmall(decrypter: HeaderDecrypter, file: Uint8Array): Promise<Uint8Array> {
  const bytes = Buffer.from(file);
  const headerEnd = bytes.indexOf('\n', bytes.indexOf('\n---') + 1) + 1;
  const nonceEnd = headerEnd + nonceBytes;
  const tagAt = bytes.byteLength - tagBytes;
  const fileKey = await decrypter.decryptHeader(bytes.subarray(0, headerEnd));
  const nonce = bytes.subarray(headerEnd, nonceEnd);
  const key = contentKey(fileKey, nonce);
  const decipher = createDecipheriv('chacha20-poly1305', key, chunkNonce(0, true), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(bytes.subarray(tagAt));
  return Buffer.concat([decipher.update(bytes.subarray(nonceEnd, tagAt)), decipher.final()]);
}
