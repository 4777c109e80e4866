import { Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { ArchiveError } from './errors.ts';

/** The part of age's encrypter that is used here; age's own declarations need those of a browser. */
export interface FileEncrypter {
  encrypt(file: ReadableStream<Uint8Array>): Promise<AsyncIterable<Uint8Array>>;
}

/** A new age key pair, for development and demos: `identity` is the secret that opens, `recipient` the public key. */
export async function createArchiveKey(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Encrypts to every one of the public keys. Throws {@link ArchiveError} `InvalidRecipient`. */
export function encrypterFor(recipients: readonly string[]): FileEncrypter {
  if (recipients.length === 0) {
    throw new ArchiveError(
      'InvalidRecipient',
      'The archive needs at least one recipient: an age public key (age1…), such as age-keygen prints.',
    );
  }
  const encrypter = new Encrypter();
  for (const [index, recipient] of recipients.entries()) {
    const which = `Recipient ${index + 1} of ${recipients.length}`;
    if (/^\s*AGE-SECRET-KEY-/i.test(recipient)) {
      throw new ArchiveError(
        'InvalidRecipient',
        `${which} is a secret key, which must not be known here: use its public key (age-keygen -y prints it), and replace the key if others may have seen it.`,
      );
    }
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new ArchiveError(
        'InvalidRecipient',
        `${which} is not an age public key: it must be age1… exactly as age-keygen prints it, without spaces or quotes.`,
      );
    }
  }
  return encrypter;
}
