import { z } from 'zod';

/**
 * One line of visible text as people type it: trimmed at its edges, in Unicode's composed form (NFC), at most `longest`
 * UTF-16 units.
 */
export function lineOf(longest: number): z.ZodString {
  return text(longest, unseen);
}

/** A name has a letter; `placeholder` stands for a name that the person does not have. */
export function nameOf(longest: number, placeholder?: string): z.ZodString {
  return text(longest, (name) => {
    if (name === placeholder) return undefined;
    return unseen(name) ?? (letter.test(name) ? undefined : noLetter(placeholder));
  });
}

function noLetter(placeholder: string | undefined): string {
  return placeholder === undefined
    ? 'must have a letter'
    : `must have a letter, or be "${placeholder}" for a person with one name, which goes into familyName`;
}

/** Free text of a person: its line breaks become spaces. */
export function proseOf(longest: number): z.ZodString {
  return text(longest, unseen, (given) => given.replace(/\s+/g, ' '));
}

function text(
  longest: number,
  fault: (value: string) => string | undefined,
  tidied: (given: string) => string = (given) => given,
): z.ZodString {
  return z
    .string()
    .overwrite(tidied)
    .trim()
    .normalize('NFC')
    .check((context) => {
      const message = faultOf(context.value, longest, fault);
      if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
    })
    .meta({ minLength: 1, maxLength: longest });
}

function faultOf(
  value: string,
  longest: number,
  fault: (value: string) => string | undefined,
): string | undefined {
  if (value === '') return 'must not be blank';
  if (value.length > longest) return `must have at most ${longest} characters`;
  return fault(value);
}

/** Invisible characters that people paste, with the fix for each; the first match is reported. */
const unseenCharacters: [RegExp, string][] = [
  [/\p{Surrogate}/u, 'has half a character (a lone surrogate); write it again'],
  [/\ufffd/, 'has a character that was lost in a conversion (U+FFFD); write it again'],
  [/[\n\r\u2028\u2029\u0085]/, 'has a line break; write one line'],
  [/\p{Cc}/u, 'has a control character; write it without'],
  [/[\u00a0\u202f\u2007]/, 'has a non-breaking space; write an ordinary one'],
  [/(?! )\p{Zs}/u, 'has an unusual space; write an ordinary one'],
  [
    /[\p{Cf}\u034f\u115f\u1160\u2800\u3164\uffa0]/u,
    'has a zero-width or invisible character; write it without',
  ],
];

function unseen(value: string): string | undefined {
  return unseenCharacters.find(([pattern]) => pattern.test(value))?.[1];
}

const letter = /\p{Letter}/u;
