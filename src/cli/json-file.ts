import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { InputError } from './errors.ts';

/** The JSON of a file, or of standard input for `-`. Throws {@link InputError} without quoting what it read. */
export async function readJson(path: string): Promise<unknown> {
  return jsonOf(await readText(path), nameOf(path));
}

/** The same of a file, at once. */
export function readJsonSync(path: string): unknown {
  return jsonOf(
    textOf(
      bytesOf(path, () => readFileSync(path)),
      path,
    ),
    path,
  );
}

/** The text of a file, or of standard input for `-`. Throws {@link InputError}. */
export async function readText(path: string): Promise<string> {
  if (path === '-') return textOf(await buffer(process.stdin), nameOf(path));
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return textOf(bytes, path);
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function bytesOf(path: string, read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

const reasons: Partial<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links go in a circle',
};

/** Why a file cannot be read, in words. */
function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return reasons[code] ?? `error ${code}`;
}

function unreadable(path: string, error: unknown): InputError {
  return new InputError(`${path} cannot be read: ${whyUnreadable(error)}`);
}

/** UTF-8, or UTF-16 as some editors and spreadsheets save it; a byte order mark is not part of the text. */
function textOf(bytes: Uint8Array, name: string): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${name} is not ${encoding.toUpperCase()} text; save it as UTF-8`);
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // JSON begins with an ASCII character: without a mark, its empty half tells.
  if (second === 0 && first !== undefined && first !== 0) return 'utf-16le';
  return first === 0 && second !== undefined && second !== 0 ? 'utf-16be' : 'utf-8';
}

function jsonOf(text: string, name: string): unknown {
  const read = parseJson(text);
  if ('value' in read) return read.value;
  throw new InputError(`${name} is not JSON: ${read.fault}, line ${read.line}, column ${read.column}`);
}

type Json = { value: unknown } | { fault: string; line: number; column: number };

/** The value, or what is wrong with the text and where; lines and columns count from 1. */
export function parseJson(text: string): Json {
  try {
    return { value: JSON.parse(text) };
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    const [first] = errors;
    const offset = first?.offset ?? 0;
    const before = text.slice(0, offset).split('\n');
    return {
      fault: first ? (faults[printParseErrorCode(first.error)] ?? 'is not valid here') : 'it cannot be read',
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
    };
  }
}

const faults: Partial<Record<string, string>> = {
  InvalidSymbol: 'a word that is not in double quotes',
  InvalidNumberFormat: 'a number in the wrong form',
  PropertyNameExpected: 'a field name in quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing before this',
  CloseBraceExpected: 'a closing brace is missing',
  CloseBracketExpected: 'a closing bracket is missing',
  EndOfFileExpected: 'something follows the end',
  InvalidCommentToken: 'comments are not allowed',
  UnexpectedEndOfComment: 'comments are not allowed',
  UnexpectedEndOfString: 'a text has no closing quote',
  UnexpectedEndOfNumber: 'a number in the wrong form',
  InvalidUnicode: 'a wrong \\u escape',
  InvalidEscapeCharacter: 'a wrong escape after a backslash',
  InvalidCharacter: 'a control character or a line break inside a text',
};
