import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../simulation/main.ts', import.meta.url));

test('3,000 lives end as their plans say', async () => {
  const args = ['--import', 'tsx', main, '--seeds', '3000', '--from', '501'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => {
    throw new Error(`npm run simulate -- ${args.slice(3).join(' ')}: ${Object(error).stdout}`);
  });
  expect(stdout).toMatch(/^lives +3000,/m);
  expect(stdout).toMatch(/^wrong +0$/m);
}, 900_000);
