import * as fc from 'fast-check';

/** Every code point but the surrogates, as fast-check's unit "binary", which takes most of a second to set up. */
export const codePoint = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((index) => String.fromCodePoint(index < 0xd800 ? index : index + 0x800), indexOf);

function indexOf(text: unknown): number {
  const point = typeof text === 'string' ? text.codePointAt(0) : undefined;
  if (point === undefined || String.fromCodePoint(point) !== text || (point >= 0xd800 && point < 0xe000))
    throw new Error('Not one code point.');
  return point < 0xd800 ? point : point - 0x800;
}
