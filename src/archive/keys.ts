import { createHash } from 'node:crypto';
import { Decrypter, identityToRecipient } from 'age-encryption';
import { identitiesIn } from '../age.ts';
import { createFileEncrypter, type FileEncrypter } from './encrypt.ts';
import { ArchiveError } from './errors.ts';

/** The part of age's decrypter that is used here; age's own declarations need those of a browser. */
interface FileDecrypter {
  decrypt(file: ReadableStream<Uint8Array>): Promise<AsyncIterable<Uint8Array>>;
}

/** Encrypts to every one of the public keys. Throws {@link ArchiveError} `InvalidRecipient`. */
export function encrypterFor(recipients: readonly string[]): FileEncrypter {
  if (recipients.length === 0) {
    throw new ArchiveError(
      'InvalidRecipient',
      'The archive needs at least one recipient: an age public key (age1…), such as age-keygen prints.',
    );
  }
  for (const [index, recipient] of recipients.entries()) {
    const which = `Recipient ${index + 1} of ${recipients.length}`;
    if (/^\s*AGE-SECRET-KEY-/i.test(recipient)) {
      throw new ArchiveError(
        'InvalidRecipient',
        `${which} is a secret key, which must not be known here: use its public key (age-keygen -y prints it), and replace the key if others may have seen it.`,
      );
    }
    try {
      createFileEncrypter([recipient]);
    } catch {
      throw new ArchiveError(
        'InvalidRecipient',
        `${which} is not an age public key: it must be age1… exactly as age-keygen prints it, without spaces or quotes.`,
      );
    }
  }
  return createFileEncrypter(recipients);
}

/** Tells a public key from others, in manifests: the first 16 digits of its SHA-256. */
export function fingerprintOf(recipient: string): string {
  return createHash('sha256').update(recipient).digest('hex').slice(0, 16);
}

/**
 * Opens what was encrypted to one of the secret keys in the text of a file that age-keygen wrote. Rejects with
 * {@link ArchiveError} `InvalidIdentity`.
 */
export async function decrypterFor(
  identityFile: string,
): Promise<{ decrypter: FileDecrypter; fingerprints: string[] }> {
  const identities = identitiesIn(identityFile);
  if (identities.length === 0) throw noIdentity();
  const decrypter = new Decrypter();
  const fingerprints = [];
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
      fingerprints.push(fingerprintOf(await identityToRecipient(identity)));
    } catch {
      throw noIdentity();
    }
  }
  return { decrypter, fingerprints };
}

function noIdentity(): ArchiveError {
  return new ArchiveError(
    'InvalidIdentity',
    'The identity file must hold age secret keys, one a line, as age-keygen writes them (AGE-SECRET-KEY-1…).',
  );
}
