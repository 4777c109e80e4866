import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes the commands that a reader has on their path into a folder: each is the body of a shell script. */
export async function writeCommands(
  folder: string,
  scripts: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
}
