import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkInput, describeIssues, isKeyForgotten } from '../../src/contract/index.ts';

function said(schema: z.ZodType, input: unknown): string {
  const { error } = checkInput(schema, input);
  return error ? describeIssues(error) : 'nothing';
}
const oneOf = (inner: z.ZodType): z.ZodType => z.strictObject({ a: inner });

describe('what is wrong with an input', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), {}, 'a: is missing'],
    [z.string(), { a: 1 }, 'a: must be text'],
    [z.date(), { a: 1 }, 'a: must be of the type date'],
    [z.enum(['x', 'y']), { a: 'z' }, 'a: must be one of "x", "y"'],
    [z.literal('x'), { a: 'z' }, 'a: must be "x"'],
    [z.string().min(1), { a: '' }, 'a: must not be empty'],
    [z.string().min(2), { a: '' }, 'a: must have at least 2 characters'],
    [z.string().max(2), { a: 'xxx' }, 'a: must have at most 2 characters'],
    [z.array(z.string()).min(1), { a: [] }, 'a: must have at least 1 entries'],
    [z.array(z.string()).max(1), { a: ['', ''] }, 'a: must have at most 1 entries'],
    [z.number().min(1), { a: 0 }, 'a: must be at least 1'],
    [z.number().gt(1), { a: 1 }, 'a: must be more than 1'],
    [z.number().max(1), { a: 2 }, 'a: must be at most 1'],
    [z.number().lt(1), { a: 1 }, 'a: must be less than 1'],
    [z.number().multipleOf(5), { a: 1 }, 'a: must be a multiple of 5'],
    [z.union([z.string(), z.number()]), { a: true }, 'a: has none of the possible forms'],
    [z.email(), { a: 'x' }, 'a: does not have the right form'],
    [z.string().refine(() => false), { a: 'x' }, 'a: does not have the right form'],
    [z.string().refine(() => false, 'must rhyme'), { a: 'x' }, 'a: must rhyme'],
    [z.string(), { a: '', b: '' }, 'b: is not a known field'],
    [z.string(), { a: '', 'b: c': '' }, '"b: c": is not a known field'],
    [z.string(), 1, 'the input must be an object'],
    [z.string(), { a: 1, b: 1 }, 'a: must be text; b: is not a known field'],
  ])('%# is said in our words', (schema, input, sentence) => {
    expect(said(oneOf(schema), input)).toBe(sentence);
  });

  it('is said of a key, too', () => {
    const words = z.record(
      z.string().refine((key) => key.length < 3, 'must be short'),
      z.string(),
    );
    expect(said(words, { long: '' })).toBe('long: is not a possible name: it must be short');
  });

  it('is cut after 1000 characters, and never within one', () => {
    const text = (message: string) =>
      said(
        z.string().refine(() => false, message),
        '',
      );
    const fits = `the input ${'x'.repeat(990)}`;
    expect(text('x'.repeat(990))).toBe(fits);
    expect(text('x'.repeat(991))).toBe(`${fits} …`);
    expect(text(`${'x'.repeat(989)}😀`)).toBe(`the input ${'x'.repeat(989)} …`);
    expect(text('a\ud800b')).toBe('the input a\ufffdb');
  });
});

const refusal = (type: string, options?: ErrorOptions) =>
  Object.assign(new Error('of the test', options), { type });

it.each([
  ['a refusal of the codec', refusal('KeyForgotten'), true],
  ['an error that it caused', new Error('of the test', { cause: refusal('KeyForgotten') }), true],
  ['another refusal that it caused', refusal('KeyMissing', { cause: refusal('KeyForgotten') }), true],
  ['another refusal', refusal('KeyMissing'), false],
  ['an error without a type', new Error('KeyForgotten'), false],
  ['something thrown that is no error', { type: 'KeyForgotten' }, false],
  ['nothing', undefined, false],
])('whether a key was forgotten: %s', (_name, error, forgotten) => {
  expect(isKeyForgotten(error)).toBe(forgotten);
});
