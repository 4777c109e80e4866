import { createRequire } from 'node:module';
import { z } from 'zod';
import { type Finding, fault, ok } from './finding.ts';

/** As `engines` of package.json. */
const oldestNode = [20, 19] as const;

const manifest = z.object({ version: z.string() });

/** What this process runs on; the server's version is in the finding about Temporal. */
export function lookAtVersions(node: string = process.versions.node): Finding {
  const sdk: unknown = createRequire(import.meta.url)('@temporalio/client/package.json');
  const says = `Node ${node}, Temporal SDK ${manifest.parse(sdk).version}`;
  if (!isOlder(node, oldestNode)) return ok('versions', says);
  return fault('versions', `${says}: Node is too old`, `install Node ${oldestNode.join('.')} or later`);
}

/** True if `version` is before this major and minor version; what is no version is not. */
export function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ofMajor, ofMinor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (ofMajor === undefined) return false;
  return Number(ofMajor) < major || (Number(ofMajor) === major && Number(ofMinor) < minor);
}
