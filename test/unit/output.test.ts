import { expect, test } from 'vitest';
import { whyUnreadable } from '../../src/cli/output.ts';

test.each([
  [{}, /^this command has no key: set CODEC_URL, or KEY_STORE_URL/],
  [{ CODEC_URL: '' }, /^this command has no key/],
  [{ CODEC_URL: 'http://127.0.0.1:8081' }, /^the codec server at CODEC_URL did not decrypt them: .*doctor/],
  [{ CODEC_URL_FILE: '/run/codec-url' }, /^the codec server at CODEC_URL/],
  [{ KEY_STORE_URL: 'file:///keys' }, /^no key of KEY_STORE_URL opens them/],
])('details that stay encrypted with the settings %j: what to do fits them', (environment, says) => {
  expect(whyUnreadable(environment)).toMatch(says);
});
