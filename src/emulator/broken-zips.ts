import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { zipOf } from './documents.ts';

const size = 100_000_000;
const files = 5_000;
const symbolicLink = 0o120777;

/** Names no archive should have. Each stands in for a harmless one of the same length, which yazl accepts. */
const hostileNames = [
  '../../../../../../tmp/escaped-by-dots.jpg',
  '/tmp/escaped-by-an-absolute-path.jpg',
  '..\\..\\escaped-by-backslashes.jpg',
  'C:\\escaped-to-a-drive.jpg',
  'user_uploaded/a-null-\0-byte.jpg',
  'user_uploaded/../../escaped-from-a-folder.jpg',
];

export type BrokenZip = 'truncated' | 'not_a_zip' | 'hostile' | 'huge' | 'many';

/** What the documents call serves instead of `whole`. */
export async function brokenZip(kind: BrokenZip, whole: Buffer): Promise<Buffer> {
  switch (kind) {
    case 'truncated':
      return whole.subarray(0, Math.floor(whole.length * 0.6));
    case 'not_a_zip':
      return Buffer.from('<html><body>Service temporarily unavailable</body></html>');
    case 'hostile':
      return hostile();
    case 'huge':
      return huge();
    case 'many':
      return zipOf(
        Array.from({ length: files }, (_, index) => ({
          path: `user_uploaded/document_verification/${index}.jpg`,
          data: Buffer.alloc(0),
        })),
      );
  }
}

async function hostile(): Promise<Buffer> {
  const zip = new ZipFile();
  const standIns = hostileNames.map((name, index) => String(index).repeat(name.length));
  for (const name of standIns) zip.addBuffer(Buffer.from('escaped'), name);
  const link = 'user_uploaded/document_verification/documentfrontDoc_Front_1_blob.jpg';
  zip.addBuffer(Buffer.from('/etc/passwd'), link, { mode: symbolicLink });
  zip.addBuffer(Buffer.from('the same name again'), link);
  zip.end();
  const bytes = await buffer(zip.outputStream);
  for (const [index, name] of standIns.entries()) {
    for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
      bytes.write(hostileNames[index] ?? name, at, 'latin1');
    }
  }
  return bytes;
}

/** A small ZIP of one file of 100 MB. */
async function huge(): Promise<Buffer> {
  const zip = new ZipFile();
  const path = 'user_uploaded/document_verification/documentfrontDoc_Front_1_blob.jpg';
  zip.addReadStream(Readable.from(zeros(size)), path);
  zip.end();
  return await buffer(zip.outputStream);
}

export function* zeros(total: number): Generator<Buffer> {
  const piece = Buffer.alloc(1_000_000);
  for (let left = total; left > 0; left -= piece.length)
    yield piece.subarray(0, Math.min(left, piece.length));
}
