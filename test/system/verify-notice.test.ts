import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { blocksOf, readPage } from '../docs/pages.ts';

const run = promisify(execFile);
const script = blocksOf(readPage('docs/integration.md'), ['sh']).find(({ value }) =>
  value.startsWith('cat > verify-notice.sh'),
);
const secretOf = () => `whsec_${randomBytes(32).toString('base64')}`;

test('the shell script of docs/integration.md takes a notice that one of the secrets signed lately, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-verify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await run('sh', ['-e', '-c', script?.value ?? 'false'], { cwd: folder });
  const [secret, other] = [secretOf(), secretOf()];
  const body = '{"type":"funnel.changed","data":{"text":"50 % ü \\\\ $x"}}\n\n';
  const id = 'notice-1';

  /** Its exit code, for what was signed at this time by these secrets. */
  const verify = async (signers: string[], { age = 0, sent = body } = {}): Promise<unknown> => {
    const at = new Date(Math.floor(Date.now() / 1000) * 1000 - age);
    const done = run('sh', ['-e', join(folder, 'verify-notice.sh')], {
      env: {
        PATH: process.env['PATH'],
        NOTIFY_SECRET: secret,
        WEBHOOK_ID: id,
        WEBHOOK_TIMESTAMP: String(at.getTime() / 1000),
        WEBHOOK_SIGNATURE: signers.map((one) => new Webhook(one).sign(id, at, body)).join(' '),
      },
    });
    done.child.stdin?.end(sent);
    return done.then(
      () => 0,
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
  };

  expect(await verify([secret])).toBe(0);
  expect(await verify([other, secret])).toBe(0);
  expect(await verify([other])).toBe(1);
  expect(await verify([secret], { sent: `${body} ` })).toBe(1);
  expect(await verify([secret], { sent: body.trimEnd() })).toBe(1);
  expect(await verify([secret], { age: 600_000 })).toBe(1);
  expect(await verify([secret], { age: -600_000 })).toBe(1);
});
