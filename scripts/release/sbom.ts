import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { productionPackages } from './production.ts';

const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })),
});
const bom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string(), name: z.string() }) }),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/**
 * Writes `dist/sbom.cdx.json`, which the package takes along: what a production install brings, as CycloneDX. npm lists all
 * packages, because its `--omit dev` leaves out packages that a development package needs too. A package that is missing is a fault.
 */
export async function writeSbom(root: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'],
    { cwd: root, maxBuffer: 64 * 1024 ** 2 },
  );
  const all = bom.parse(JSON.parse(stdout));
  const wanted = new Set((await productionPackages(root)).map(({ name, version }) => `${name}@${version}`));
  const components = all.components
    .filter(({ name, version }) => wanted.has(`${name}@${version}`))
    .map((one) => ({
      ...one,
      properties: one.properties.filter(({ name }) => !name.endsWith(':development')),
    }));
  const own = all.metadata.component['bom-ref'];
  const kept = new Set([own, ...components.map((one) => one['bom-ref'])]);
  const made = {
    ...all,
    // npm takes the folder's name.
    metadata: { ...all.metadata, component: { ...all.metadata.component, name: own.replace(/@[^@]*$/, '') } },
    components,
    dependencies: all.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => kept.has(ref)) })),
  };
  await writeFile(join(root, 'dist/sbom.cdx.json'), `${JSON.stringify(made, undefined, 2)}\n`);
  const listed = new Set(components.map(({ name, version }) => `${name}@${version}`));
  return [...wanted].filter((one) => !listed.has(one)).map((one) => `npm's SBOM has no ${one}`);
}
