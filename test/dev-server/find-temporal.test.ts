import { readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findTemporal, TemporalNotFound } from '../../src/dev-server/index.ts';
import { sdkDownload } from '../../src/dev-server/sdk-download.ts';
import { script, temporaryFolder } from './support.ts';

const cachedName = join('temporal-cli-1.5.1', 'temporal');
const version = (server: string) => `echo "temporal version 0.0.0-DEV (Server ${server}, UI 2.42.1)"`;
const building = `printf '#!/bin/sh\\n${version('1.29.1')}\\n' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`;

const eventually = (assertion: () => void) => vi.waitFor(assertion, { timeout: 50_000 });

/** A machine of its own: an empty PATH but for sh's tools, an empty cache, and no way to temporal.download. */
async function machine() {
  const folder = await temporaryFolder();
  const bin = join(folder, 'bin');
  const cacheDir = join(folder, 'cache');
  const lines: string[] = [];
  const env: Record<string, string> = {
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
    HOME: folder,
    HTTPS_PROXY: 'http://127.0.0.1:1',
  };
  const options = { env, cacheDir, onProgress: (line: string) => void lines.push(line) };
  return { folder, bin, cacheDir, env, lines, options };
}

describe('finding the Temporal CLI', () => {
  test('takes the one on the PATH before the one in the cache', async () => {
    const { bin, cacheDir, options, lines } = await machine();
    const onPath = await script(join(bin, 'temporal'), version('1.27.1'));
    await script(join(cacheDir, cachedName), version('1.29.1'));
    expect(await findTemporal(options)).toBe(onPath);
    expect(lines).toEqual([]);
  });

  test.each([
    ['is too old', version('1.26.2'), 'its server 1.26 is too old, Temporal CLI 1.3 or later is needed'],
    ['is of the last major', version('0.99.0'), 'its server 0.99 is too old'],
    ['does not run', 'exit 1', 'it does not run'],
    ['is something else', 'echo temporal', 'it does not tell its server version'],
  ])('passes over one on the PATH that %s, says so, and takes the cache', async (_, body, reason) => {
    const { bin, cacheDir, options, lines } = await machine();
    const onPath = await script(join(bin, 'temporal'), body);
    const cached = await script(join(cacheDir, cachedName), version('1.29.1'));
    expect(await findTemporal(options)).toBe(cached);
    expect(lines).toEqual([expect.stringContaining(`${onPath} is passed over: ${reason}`)]);
  });

  test.each([
    ['CANDIDATE_FUNNEL_CACHE', 'mine', 'mine'],
    ['XDG_CACHE_HOME', 'xdg', join('xdg', 'candidate-funnel')],
    ['HOME', 'home', join('home', '.cache', 'candidate-funnel')],
  ])('looks for the cache where %s says', async (name, value, expected) => {
    const { folder, env, options } = await machine();
    const cached = await script(join(folder, expected, cachedName), version('1.29.1'));
    const elsewhere = { ...options, cacheDir: undefined, env: { ...env, [name]: join(folder, value) } };
    const { cacheDir: _, ...rest } = elsewhere;
    expect(await findTemporal(rest)).toBe(cached);
  });

  test('builds with go into the cache where nothing can be downloaded, and does so once', async () => {
    const { folder, bin, cacheDir, env, options } = await machine();
    await script(join(bin, 'go'), `echo "$@" $GOFLAGS >> ${folder}/calls; ${building}`);
    const withGoSettings = { ...options, env: { ...env, GOFLAGS: '-p=1' } };
    expect(await findTemporal(withGoSettings)).toBe(join(cacheDir, cachedName));
    expect(await findTemporal(withGoSettings)).toBe(join(cacheDir, cachedName));
    const calls = await readFile(join(folder, 'calls'), 'utf8');
    expect(calls).toBe('install -v github.com/temporalio/cli/cmd/temporal@v1.5.1 -p=1\n');
    expect(await readdir(join(cacheDir, 'temporal-cli-1.5.1'))).toEqual(['temporal']);
  });

  test('tells what go is doing while it builds', async () => {
    const { folder, bin, options, lines } = await machine();
    const goOn = join(folder, 'go-on');
    await script(
      join(bin, 'go'),
      `echo 'go: downloading go.temporal.io/server v1.29.1' >&2
while [ ! -e ${goOn}-1 ]; do sleep 0.02; done
echo 'go.temporal.io/server/common' >&2
while [ ! -e ${goOn}-2 ]; do sleep 0.02; done
${building}`,
    );
    const found = findTemporal({ ...options, build: { progressEvery: 10 } });
    await eventually(() =>
      expect(lines).toContainEqual(
        expect.stringMatching(/^ {2}\d+:\d\d downloading go\.temporal\.io\/server v1\.29\.1$/),
      ),
    );
    await writeFile(`${goOn}-1`, '');
    await eventually(() =>
      expect(lines).toContainEqual(expect.stringMatching(/ compiling go\.temporal\.io\/server\/common$/)),
    );
    await writeFile(`${goOn}-2`, '');
    await found;
    expect(lines).toContainEqual(expect.stringContaining('once: three to five minutes'));
  });

  test('lets two builds at once both succeed', async () => {
    const { folder, bin, cacheDir, options } = await machine();
    // Neither build ends before both have begun.
    await script(
      join(bin, 'go'),
      `echo x >> ${folder}/begun
while [ "$(wc -l < ${folder}/begun)" -lt 2 ]; do sleep 0.02; done
${building}`,
    );
    const cached = join(cacheDir, cachedName);
    expect(await Promise.all([findTemporal(options), findTemporal(options)])).toEqual([cached, cached]);
    expect(await readdir(join(cacheDir, 'temporal-cli-1.5.1'))).toEqual(['temporal']);
  });

  test('keeps nothing in the cache that does not run', async () => {
    const { bin, cacheDir, options } = await machine();
    await script(join(bin, 'go'), 'printf "broken" > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"');
    await expect(findTemporal(options)).rejects.toThrow(TemporalNotFound);
    expect(await readdir(join(cacheDir, 'temporal-cli-1.5.1'))).toEqual([]);
  });

  test('says in one page what was tried and what to do when nothing can be had', async () => {
    const { bin, options } = await machine();
    await script(join(bin, 'go'), 'echo "dial tcp: lookup proxy.example: no such host" >&2; exit 1');
    const error: unknown = await findTemporal(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TemporalNotFound);
    expect(error).toHaveProperty('type', 'TemporalNotFound');
    const page = error instanceof Error ? error.message : '';
    for (const part of [
      'temporal on the PATH: not there',
      'the cache (',
      "the Temporal SDK's download: ",
      'go install: it failed: dial tcp: lookup proxy.example: no such host',
      'brew install temporal',
      'https://docs.temporal.io/cli#install',
      'https://go.dev/doc/install',
      'TEMPORAL_ADDRESS=host:port',
    ]) {
      expect(page).toContain(part);
    }
  });

  test('says so when there is no go', async () => {
    const { env, bin, options } = await machine();
    await expect(findTemporal({ ...options, env: { ...env, PATH: bin } })).rejects.toThrow(
      'go install: go is not on the PATH',
    );
  });
});

describe("the Temporal SDK's download", () => {
  test('hands over the file the SDK has put into the folder', async () => {
    const folder = await temporaryFolder();
    const real = await findTemporal({ env: process.env, onProgress: () => {} });
    const downloaded = await script(join(folder, 'temporal-v1.5.1'), `exec '${real}' "$@"`);
    expect(await sdkDownload(folder, process.env, () => {})).toBe(downloaded);
  });

  test('is given up soon on a network that swallows everything', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const env = { ...process.env, HTTPS_PROXY: `http://127.0.0.1:${port}` };
    await expect(sdkDownload(await temporaryFolder(), env, () => {}, { beginWithin: 3000 })).rejects.toThrow(
      'temporal.download does not answer',
    );
  });
});
