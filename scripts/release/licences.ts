import { productionPackages } from './production.ts';

/** SPDX ids that the project's own licence goes with, and that ask for nothing but their text. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Packages with another licence, each with the reason why it may stay. */
const exceptions: Record<string, string> = {
  unionfs: 'Unlicense, by its file LICENSE; its package.json names none',
  'caniuse-lite':
    'CC-BY-4.0: a table of browsers, which the bundler of the Temporal SDK reads; no part of it is in our build',
};

/** Every package that a production install brings, by its licence; one without a licence, or with an unknown one, is a fault. */
export async function licenceFaults(root: string): Promise<string[]> {
  const faults: string[] = [];
  const unused = new Set(Object.keys(exceptions));
  for (const { name, license } of await productionPackages(root)) {
    unused.delete(name);
    if (exceptions[name] !== undefined) continue;
    if (license === undefined) faults.push(`${name} names no licence`);
    else if (!isAllowed(license)) faults.push(`${name} has the licence ${license}, which is not on the list`);
  }
  return [...faults, ...[...unused].map((name) => `the exception for ${name} is not needed any more`)];
}

/** Of "A OR B" one is enough, of "A AND B" both are needed. */
function isAllowed(expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((id) => allowed.has(id.trim())));
}
