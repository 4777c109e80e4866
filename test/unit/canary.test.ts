import { expect, test } from 'vitest';
import { canariesIn } from '../support/canary.ts';

const value = 'Zoë "Canary"/7 & <Lane>';
const bytes = Buffer.from(value);
const padded = (before: string) => Buffer.from(`${before}${value}and what follows`).toString('base64');

test.each([
  ['plain', `before ${value} after`],
  ['plain', `before ${value.toUpperCase()} after`],
  ['plain', `before ${bytes.toString('latin1')} after`],
  ['json', JSON.stringify({ deep: value })],
  ['json', 'Zo\\u00eb \\"Canary\\"/7 & <Lane>'],
  ['html', 'Zoë &quot;Canary&quot;/7 &amp; &lt;Lane>'],
  ['url', `https://example.test/?q=${encodeURIComponent(value)}`],
  ['url', new URLSearchParams({ q: value }).toString()],
  ['base64', padded('')],
  ['base64', padded('x')],
  ['base64', padded('xy')],
  ['base64url', padded('').replaceAll('+', '-').replaceAll('/', '_')],
  ['hex', bytes.toString('hex').toUpperCase()],
  ['utf16', Buffer.from(value, 'utf16le').toString('latin1')],
  ['bytes', `Payload { data: [1, ${[...bytes].join(', ')}, 9] }`],
])('a canary is found as %s in %s', (encoding, haystack) => {
  expect(canariesIn(haystack, { name: value })).toContain(`name (${encoding})`);
});

test('another text has none', () => {
  expect(canariesIn('Zoe Canary 7 Lane', { name: value })).toEqual([]);
});
