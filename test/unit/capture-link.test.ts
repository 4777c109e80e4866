import { expect, test } from 'vitest';
import { captureCode } from '../../src/cli/capture-link.ts';
import type { NextAction } from '../../src/contract/index.ts';

const action: NextAction = {
  kind: 'show_capture_link',
  url: 'https://verify.example/#/dv/0123456789',
  attempt: 1,
  of: 3,
  expiresAt: '2026-01-01T00:00:00.000Z',
  advice: [],
};

test('on a terminal the capture link is a QR code, square and of blocks', async () => {
  const code = await captureCode(action, { terminal: true });
  const lines = code?.split('\n') ?? [];
  expect(lines.length).toBeGreaterThan(10);
  expect(code).toMatch(/[▀▄█]/);
});

test('elsewhere, and where there is no link, there is none', async () => {
  expect(await captureCode(action, { terminal: false })).toBeUndefined();
  expect(await captureCode({ kind: 'wait' }, { terminal: true })).toBeUndefined();
});
