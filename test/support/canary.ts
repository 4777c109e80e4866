import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A text that is nowhere else, by what it is: the field of a candidate, a link, a token. */
export type Canaries = Readonly<Record<string, string>>;

/** `what (encoding)` of each canary that a text has, in any encoding that a program may have put it into. */
export function canariesIn(haystack: string, canaries: Canaries): string[] {
  const lower = haystack.toLowerCase();
  return Object.entries(canaries).flatMap(([what, value]) =>
    Object.entries(disguises(value))
      .filter(([encoding, needles]) =>
        needles.some((needle) =>
          encoding.startsWith('base64') ? haystack.includes(needle) : lower.includes(needle.toLowerCase()),
        ),
      )
      .map(([encoding]) => `${what} (${encoding})`),
  );
}

/** Every one is looked for whatever the case of its letters, base64 apart. */
function disguises(value: string): Record<string, string[]> {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) => middleOfBase64(bytes, offset));
  return {
    // SQLite and protobuf files are read byte by byte.
    plain: [value, bytes.toString('latin1')],
    json: [json, json.replaceAll(/[^\x20-\x7e]/g, escaped), json.replaceAll(/[^\w]/g, escaped)],
    html: [value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    url: [encodeURIComponent(value), encodeURI(value), new URLSearchParams({ v: value }).toString().slice(2)],
    base64,
    base64url: base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex: [bytes.toString('hex')],
    utf16: [Buffer.from(value, 'utf16le').toString('latin1')],
    // As Rust and Node print bytes.
    bytes: [[...bytes].join(', '), [...bytes].join(',')],
  };
}

const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What base64 makes of bytes that begin `offset` bytes after a multiple of three, without what their neighbours change. */
function middleOfBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const begin = offset === 0 ? 0 : offset + 1;
  const end = (offset + bytes.length) % 3 === 0 ? text.length : text.length - 1;
  return text.slice(begin, end);
}

/** All files of a folder, byte by byte. */
export async function bytesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map(async (file) => `${file}\n${await readFile(file, 'latin1')}`));
  return texts.join('\n');
}
