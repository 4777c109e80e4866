import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientManifest, clientRooms, rootManifest } from './client-manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packs the client for HR systems out of the built sources; arguments go to `npm pack`, such as `--pack-destination DIR`. */
async function main(options: string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-client-'));
  try {
    const manifest = rootManifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    const packed = await clientManifest(manifest, join(root, 'dist'));
    await writeFile(join(folder, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
    for (const name of ['LICENSE', 'CHANGELOG.md']) await cp(join(root, name), join(folder, name));
    await cp(join(root, 'scripts/client-readme.md'), join(folder, 'README.md'));
    for (const room of clientRooms) {
      await cp(join(root, 'dist/src', room), join(folder, 'dist', room), {
        recursive: true,
        filter: (path) => !path.endsWith('.map'),
      });
    }
    return await run('npm', ['pack', folder, ...options]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(command: string, options: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

process.exitCode = await main(process.argv.slice(2));
