import { generateIdentity, identityToRecipient } from 'age-encryption';

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
