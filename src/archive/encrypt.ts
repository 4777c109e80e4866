import { createCipheriv, randomBytes } from 'node:crypto';
import { Encrypter } from 'age-encryption';
import { chunkNonce, contentKey, nonceBytes, recipientOf, tagBytes } from '../age.ts';
import { inBlocks } from '../storage/blocks.ts';

/** Encrypts one file. An error of the pieces passes through. */
export type FileEncrypter = (pieces: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;

/**
 * Writes the age format (https://age-encryption.org/v1). The library writes the header, in which the file's key is wrapped for
 * each recipient; Node's own cipher encrypts the content, since the library's is ten times slower.
 * Throws the library's error for an invalid recipient.
 */
export function createFileEncrypter(recipients: readonly string[]): FileEncrypter {
  const wrappers = recipients.map(recipientOf);
  const forAll = () => {
    const encrypter = new Encrypter();
    for (const wrapper of wrappers) encrypter.addRecipient(wrapper);
    return encrypter;
  };
  forAll();
  return async function* (pieces) {
    const { header, fileKey } = await newHeader(forAll());
    const nonce = randomBytes(nonceBytes);
    yield Buffer.concat([header, nonce]);
    const key = contentKey(fileKey, nonce);
    let number = 0;
    for await (const { bytes, last } of inBlocks(pieces, chunkBytes)) {
      yield* sealed(key, number, last, bytes);
      number += 1;
    }
  };
}

const chunkBytes = 64 * 1024;

/** Takes the file key out of the library: a recipient of our own receives it, and adds nothing to the header. */
async function newHeader(encrypter: Encrypter): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  let fileKey = new Uint8Array();
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = Uint8Array.from(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  // Its nonce is left out too: under that one, the library has encrypted the empty content already.
  return { header: empty.subarray(0, empty.byteLength - nonceBytes - tagBytes), fileKey };
}

function* sealed(key: Uint8Array, number: number, last: boolean, bytes: Uint8Array): Generator<Uint8Array> {
  const nonce = chunkNonce(number, last);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes });
  yield cipher.update(bytes);
  cipher.final();
  yield cipher.getAuthTag();
}
