/**
 * `npm run release:check`: runs every check, prints what is wrong, and ends with exit code 1 when anything is. With the names
 * of checks, only those are run. docs/releasing.md says what each looks at.
 */
import { fileURLToPath } from 'node:url';
import { auditFaults } from './audit.ts';
import { licenceFaults } from './licences.ts';
import { historyFaults, stateFaults } from './recorded.ts';
import { writeSbom } from './sbom.ts';
import { changelogFaults, docsFaults, treeFaults } from './tree.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Each resolves with what is wrong, a line each. */
const checks = new Map<string, (root: string) => Promise<string[]>>([
  ['tree', treeFaults],
  ['changelog', changelogFaults],
  ['histories', historyFaults],
  ['states', stateFaults],
  ['licences', licenceFaults],
  ['audit', auditFaults],
  ['docs', docsFaults],
  ['sbom', writeSbom],
]);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.has(name));
let isRefused = unknown.length > 0;
if (isRefused) say(`there is no check ${unknown.join(', ')}; there are ${[...checks.keys()].join(', ')}`);
for (const [name, check] of isRefused ? [] : checks) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const faults = await check(root).catch((error: unknown) => [
    `could not be checked: ${error instanceof Error ? error.message : String(error)}`,
  ]);
  if (faults.length > 0) isRefused = true;
  say(
    faults.length === 0 ? `ok       ${name}` : faults.map((fault) => `REFUSED  ${name}: ${fault}`).join('\n'),
  );
}
if (!isRefused) {
  say(
    wanted.length === 0
      ? 'this tree can be released'
      : 'these checks are fine; a release needs all of them: npm run release:check',
  );
}
process.exit(isRefused ? 1 : 0);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
