import { readFile, writeFile } from 'node:fs/promises';
import { createAgeKey } from '../age.ts';

/** The age key pair of a file in the form that age-keygen writes, which is made the first time. */
export async function keptIdentity(file: string): Promise<{ identity: string; recipient: string }> {
  const known = await readFile(file, 'utf8').catch(() => '');
  const recipient = /^# public key: (age1\S+)$/m.exec(known)?.[1];
  if (recipient !== undefined) return { identity: known, recipient };
  const made = await createAgeKey();
  await writeFile(file, `# public key: ${made.recipient}\n${made.identity}\n`, { mode: 0o600 });
  return made;
}
