import { describe, expect, test } from 'vitest';
import { jsonSchemaOf, schemaNames } from '../../src/contract/json-schema.ts';
import { run } from '../support/processes.ts';

describe('candidate-funnel schema', () => {
  test.each(schemaNames)('%s prints its JSON Schema', async (name) => {
    const { code, stdout, stderr } = await run(['schema', name], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(jsonSchemaOf(name));
  });

  test('refuses another name in one line that lists the names', async () => {
    const { code, stdout, stderr } = await run(['schema', 'candidate'], {});
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^candidate-funnel: [^\n]*application, policy, status, notice[^\n]*\n$/);
  });

  test('shows examples in its help', async () => {
    const { stdout } = await run(['schema', '--help'], {});
    expect(stdout).toContain('$ candidate-funnel schema policy > policy.schema.json');
  });
});
