import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { findNode } from './node.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The oldest that is supported and one of each later line; they come from the npm registry that `npm ci` used. */
describe.each(['20.19.0', '22.23.3', '24.9.0'])('Node.js %s', (version) => {
  const environment = async () => {
    const { VITEST: _, NODE_OPTIONS: __, ...inherited } = process.env;
    const folder = dirname(await findNode(version));
    return { ...inherited, NO_COLOR: '1', PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  };

  test('runs the demo', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'node-version-'));
    const env = { ...(await environment()), TEMPORAL_ADDRESS: inject('temporalAddress') };
    const command = [
      join(root, 'bin/candidate-funnel.js'),
      ...'demo --json --only accept,resubmit-then-accept'.split(' '),
    ];
    const { stdout } = await run('node', command, { cwd: folder, env });
    await rm(folder, { recursive: true });
    expect(stdout.match(/"asExpected":true/g)).toHaveLength(2);
  });

  test('runs the tests that need no server', async () => {
    const env = await environment();
    expect((await run('node', ['-v'], { env })).stdout).toBe(`v${version}\n`);
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const command = [vitest, 'run', '--config', 'vitest.fast.config.ts', '--reporter=dot'];
    const { stdout } = await run('node', command, { cwd: root, env, maxBuffer: 64e6 }).catch(asOutput);
    expect(stdout.match(/FAIL .*/g) ?? []).toEqual([]);
    expect(stdout).toMatch(/Tests .*passed/);
  }, 900_000);
});

/** The output of a command that failed, so that the test shows it. */
function asOutput(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error) return { stdout: String(error.stdout) };
  throw error;
}
