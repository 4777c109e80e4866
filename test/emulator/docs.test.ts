import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { emulator } from './support.ts';

const mark = '=== that was one ===';
const expectation = /^# → (.*)\n/gm;

/** The page's commands, each with the lines that it says are in their output. */
async function examples(): Promise<{ commands: string; says: string[] }[]> {
  const page = await readFile(new URL('../../docs/emulator.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.split(/(?<=^# → .*\n)(?!# → )/m))
    .map((text) => ({
      commands: text.replace(expectation, ''),
      says: [...text.matchAll(expectation)].map(([, says = '']) => says),
    }));
}

test('docs/emulator.md: each command gives what the page says', async () => {
  const all = await examples();
  expect(all.length).toBeGreaterThan(60);
  const riskos = await emulator({ apiKey: 'emulator', pace: 5 });
  const script = all.map(({ commands }) => `${commands}\necho '${mark}'\n`).join('');
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { ...process.env, RISKOS: riskos.url },
    maxBuffer: 50_000_000,
  });
  const outputs = stdout.split(mark);
  const wrong = all.filter(({ says }, index) => !says.every((text) => outputs[index]?.includes(text)));
  expect(wrong).toEqual([]);
}, 120_000);
