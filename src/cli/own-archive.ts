import { pathToFileURL } from 'node:url';
import { ownArchiveSettings, readSettings } from '../config.ts';
import { keptIdentity } from './kept-identity.ts';

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
  const { recipient } = await keptIdentity(keyFile);
  return { url, recipients: [recipient], identity: keyFile, named };
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
