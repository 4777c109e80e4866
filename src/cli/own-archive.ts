import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createArchiveKey } from '../archive/index.ts';
import { ownArchiveSettings, readSettings } from '../config.ts';

interface OwnArchive {
  url: string;
  recipients: string[];
  /** The age secret key that opens the images; none where `ARCHIVE_RECIPIENTS` names the keys. */
  identity: string | undefined;
  /** True if `ARCHIVE_URL` names it, so that others may look after it. */
  named: boolean;
}

/** The archive that `ARCHIVE_URL` names, or this folder; encrypted to `ARCHIVE_RECIPIENTS`, or to the key in this file. */
export async function ownArchive({
  folder,
  keyFile,
}: {
  folder: string;
  keyFile: string;
}): Promise<OwnArchive> {
  const { ARCHIVE_URL, ARCHIVE_RECIPIENTS } = readSettings(ownArchiveSettings);
  const url = ARCHIVE_URL ?? pathToFileURL(folder).href;
  const named = ARCHIVE_URL !== undefined;
  if (ARCHIVE_RECIPIENTS) return { url, recipients: ARCHIVE_RECIPIENTS, identity: undefined, named };
  return { url, recipients: [await keptKey(keyFile)], identity: keyFile, named };
}

/** Two lines for people: where the images go, and what lists and opens them. */
export function archiveInWords({ url, identity }: OwnArchive, environment = ''): string {
  const command = `${environment}ARCHIVE_URL='${url}' npx candidate-funnel images`;
  return [
    `Images           ${url}`,
    `                 ${command} list`,
    `                 ${command} fetch ID --identity ${identity ?? 'KEY'} --to FOLDER`,
  ].join('\n');
}

/** The public key of a pair that is kept in the form that age-keygen writes, and made when there is none. */
async function keptKey(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  const kept = /^# public key: (age1\S+)$/m.exec(known)?.[1];
  if (kept !== undefined) return kept;
  const { identity, recipient } = await createArchiveKey();
  await writeFile(file, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
  return recipient;
}
