import { expect, test } from 'vitest';
import { jsonSchemaOf, schemaNames } from '../../src/contract/json-schema.ts';

test.each(schemaNames)('the JSON Schema of %s says what it is first', (name) => {
  const schema = jsonSchemaOf(name);
  expect(Object.entries(schema).slice(0, 2)).toEqual([
    ['$schema', 'https://json-schema.org/draft/2020-12/schema'],
    ['$id', `urn:candidate-funnel:${name}`],
  ]);
});

test('fields with a default may be left out, as in what the funnel takes', () => {
  expect(jsonSchemaOf('policy')).not.toHaveProperty('required');
  expect(jsonSchemaOf('application')).toHaveProperty('required', ['applicationId', 'candidate']);
});

test('times and addresses have a format and no pattern; other patterns stay', () => {
  const nodes = schemaNames.flatMap((name) => nodesOf(jsonSchemaOf(name)));
  for (const format of ['date-time', 'ipv4', 'ipv6']) {
    const found = nodes.filter((node) => node['format'] === format);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((node) => 'pattern' in node)).toEqual([]);
  }
  expect(nodes).toContainEqual(expect.objectContaining({ pattern: '^[A-Za-z0-9_-]{1,64}$' }));
  expect(nodes).toContainEqual(expect.objectContaining({ format: 'date', pattern: expect.any(String) }));
});

function nodesOf(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  return [Object.fromEntries(Object.entries(value)), ...Object.values(value).flatMap(nodesOf)];
}
