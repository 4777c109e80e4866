import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseJson, readJson } from '../../src/cli/json-file.ts';
import { property } from '../support/property.ts';
import { codePoint } from '../support/code-point.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-json-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: Uint8Array | string): Promise<string> {
  const path = join(folder, 'application.json');
  await writeFile(path, content);
  return path;
}

const value = { familyName: 'Ó Súilleabháin', emoji: '🪪' };
const text = JSON.stringify(value);
const utf16le = Buffer.from(text, 'utf16le');
const mark = Buffer.from('\ufeff', 'utf16le');

describe('a JSON file', () => {
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16, little end first, with a mark', Buffer.concat([mark, utf16le])],
    ['UTF-16, big end first, with a mark', Buffer.concat([mark, utf16le]).swap16()],
    ['UTF-16 without a mark', utf16le],
    ['UTF-16, big end first, without a mark', Buffer.from(utf16le).swap16()],
  ])('is read as %s', async (_name, bytes) => {
    expect(await readJson(await file(bytes))).toEqual(value);
  });

  test.each<[string, Uint8Array | string, RegExp]>([
    [
      'Latin-1',
      Buffer.from('{"a":"Jos\u00e9"}', 'latin1'),
      /application\.json is not UTF-8 text; save it as UTF-8$/,
    ],
    ['half a UTF-16 character', Buffer.concat([mark, utf16le.subarray(0, -1)]), /is not UTF-16LE text/],
    ['nothing', '', /is not JSON: a value is missing, line 1, column 1$/],
    ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', /a comma is missing before this, line 3, column 3$/],
    ['a comma too many', '{"a": 1,\n}', /a field name in quotes is missing, line 2, column 1$/],
    ['a comment', '{} // done', /comments are not allowed, line 1, column 4$/],
    ['single quotes', "{'a': 1}", /a word that is not in double quotes, line 1, column 2$/],
    ['two values', '{}\n{}', /something follows the end, line 2, column 1$/],
  ])('with %s is refused with the place', async (_name, content, reason) => {
    await expect(readJson(await file(content))).rejects.toMatchObject({
      type: 'WrongInput',
      message: expect.stringMatching(reason),
    });
  });

  test('that cannot be read says why', async () => {
    await expect(readJson(join(folder, 'nowhere.json'))).rejects.toThrow(
      /cannot be read: there is no such file/,
    );
    await expect(readJson(folder)).rejects.toThrow(/cannot be read: it is a folder/);
    const hidden = await file('{}');
    await chmod(hidden, 0);
    // Root may read everything.
    const outcome = process.getuid?.() === 0 ? /^{}$/ : /cannot be read: this user may not read it/;
    expect(await readJson(hidden).then(JSON.stringify, String)).toMatch(outcome);
  });

  property([fc.string({ unit: codePoint })])(
    'is parsed as JSON.parse does, or refused with a place inside it',
    (input) => {
      const read = parseJson(input);
      if ('value' in read) expect(read.value).toEqual(JSON.parse(input));
      else {
        expect(() => JSON.parse(input)).toThrow(SyntaxError);
        const lines = input.split('\n');
        expect(read.line).toBeLessThanOrEqual(lines.length);
        expect(read.column).toBeLessThanOrEqual((lines[read.line - 1]?.length ?? 0) + 1);
        expect(read.fault).toMatch(/^[a-z]/);
      }
    },
  );

  property([fc.json(), fc.nat(), fc.constantFrom('', '"', '}', ',', '\n')])(
    'that is broken anywhere is never quoted',
    (json, at, put) => {
      const secret = 'CANARY';
      const broken = `{"x":"${secret}",${json.slice(0, at % (json.length + 1))}${put}`;
      const read = parseJson(broken);
      expect(JSON.stringify('fault' in read ? read : {})).not.toContain(secret);
    },
  );
});
