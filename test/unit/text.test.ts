import { describe, expect, it } from 'vitest';
import { lineOf, nameOf, proseOf } from '../../src/contract/text.ts';

const faultOf = (schema: ReturnType<typeof lineOf>, text: string) =>
  schema.safeParse(text).error?.issues.map(({ message }) => message);

describe('a line', () => {
  it.each([
    ['  Robin ', 'Robin'],
    ['Ren\u0065\u0301e', 'Ren\u00e9e'],
    ['a  b', 'a  b'],
    ['x'.repeat(10), 'x'.repeat(10)],
    [` ${'x'.repeat(10)} `, 'x'.repeat(10)],
  ])('%j is kept as %j', (given, wanted) => {
    expect(lineOf(10).parse(given)).toBe(wanted);
  });

  it.each([
    ['', 'must not be blank'],
    [' \t\n', 'must not be blank'],
    ['x'.repeat(11), 'must have at most 10 characters'],
    ['a\nb', 'has a line break; write one line'],
    ['a\u2028b', 'has a line break; write one line'],
    ['a\tb', 'has a control character; write it without'],
    ['a\u00a0b', 'has a non-breaking space; write an ordinary one'],
    ['a\u2003b', 'has an unusual space; write an ordinary one'],
    ['a\u200bb', 'has a zero-width or invisible character; write it without'],
    ['a\ufffdb', 'has a character that was lost in a conversion (U+FFFD); write it again'],
    ['a\ud800b', 'has half a character (a lone surrogate); write it again'],
    // The first fault is named.
    ['a\n\u200bb', 'has a line break; write one line'],
  ])('%j is refused: %s', (given, message) => {
    expect(faultOf(lineOf(10), given)).toEqual([message]);
  });
});

describe('a name', () => {
  it.each(['Robin', '李', "O'Neil", '2nd Robin'])('%s has a letter', (name) => {
    expect(nameOf(20).parse(name)).toBe(name);
  });

  it.each(['7', '-', '...'])('%s has none', (name) => {
    expect(faultOf(nameOf(20), name)).toEqual(['must have a letter']);
  });

  it('may be the placeholder, where there is one, and the fault names it', () => {
    expect(nameOf(20, '-').parse(' - ')).toBe('-');
    expect(faultOf(nameOf(20, '-'), '--')).toEqual([
      'must have a letter, or be "-" for a person with one name, which goes into familyName',
    ]);
  });

  it('is looked at for unseen characters first', () => {
    expect(faultOf(nameOf(20), '7\n8')).toEqual(['has a line break; write one line']);
  });
});

describe('prose', () => {
  it.each([
    ['one\ntwo', 'one two'],
    ['one\r\n\r\n two\u2029three', 'one two three'],
    ['a\tb', 'a b'],
    [' \n blurred \n ', 'blurred'],
  ])('%j is kept in one line: %j', (given, wanted) => {
    expect(proseOf(100).parse(given)).toBe(wanted);
  });

  it('is as long as it is after that', () => {
    expect(proseOf(3).parse('a\r\n\r\nb')).toBe('a b');
    expect(faultOf(proseOf(3), 'a b c')).toEqual(['must have at most 3 characters']);
  });

  it('may not have what nobody sees', () => {
    expect(faultOf(proseOf(100), 'a\u200bb')).toEqual([
      'has a zero-width or invisible character; write it without',
    ]);
  });
});
