import { Decrypter, Encrypter } from 'age-encryption';
import { decryptSmall, identitiesIn, importedIdentity, recipientOf } from '../../age.ts';
import { CodecError } from '../errors.ts';

/** How a data key is protected where it is stored; a KMS can take the place of age. */
export interface KeyWrapper {
  wrap: (key: Uint8Array) => Promise<Uint8Array>;
  /** Rejects with `KeyUnreadable` where no identity fits. */
  unwrap: (wrapped: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Wraps keys to all of the age public keys, and unwraps them with any of the identities in the text of a file that age-keygen
 * wrote. Without identities it only wraps. Throws {@link CodecError} `InvalidRecipient`, `InvalidIdentity`.
 */
export function ageWrapper(recipients: readonly string[], identityFile = ''): KeyWrapper {
  const encrypter = new Encrypter();
  if (recipients.length === 0)
    throw new CodecError('InvalidRecipient', 'there is no public key for payloads');
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipientOf(recipient));
    } catch {
      throw new CodecError('InvalidRecipient', 'a public key for payloads is none of age');
    }
  }
  const identities = identitiesIn(identityFile);
  if (identityFile.trim() !== '' && identities.length === 0) {
    throw new CodecError('InvalidIdentity', 'the file of identities for payloads holds none');
  }
  for (const identity of identities) {
    try {
      new Decrypter().addIdentity(identity);
    } catch {
      throw new CodecError('InvalidIdentity', 'an identity for payloads is none of age');
    }
  }
  let decrypter: Promise<Decrypter> | undefined;
  return {
    wrap: (key) => encrypter.encrypt(key),
    unwrap: async (wrapped) => {
      try {
        decrypter ??= decrypterOf(identities);
        return await decryptSmall(await decrypter, wrapped);
      } catch (error) {
        throw new CodecError('KeyUnreadable', 'no identity opens the key', { cause: error });
      }
    },
  };
}

async function decrypterOf(identities: string[]): Promise<Decrypter> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(await importedIdentity(identity));
  return decrypter;
}
