import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { builtFile } from './built-file.ts';
import { version } from './version.ts';

/** Where `npm run build` writes the build's id, seen from the sources as well as from `dist`. */
const buildInfoPath = builtFile(import.meta.url, ['../build-info.json', '../dist/build-info.json']);

const written = z.object({
  /** The commit, or `WORKER_BUILD_ID` of the build; `null`: built without git and without it. */
  buildId: z.string().nullable(),
});
/** What is running: the same in `--version`, logs, health and metrics. */
export const build = { version, buildId: readBuildId() };

/** `0.1.0 (build 1a2b3c4d5e6f)` */
export const buildInWords = `${build.version} (build ${build.buildId ?? 'unknown'})`;

function readBuildId(): string | null {
  // Sources that have not been built, for example in an editor or a linter.
  if (!existsSync(buildInfoPath)) return null;
  return written.parse(JSON.parse(readFileSync(buildInfoPath, 'utf8'))).buildId;
}
