import { describe, expect, it } from 'vitest';
import { createRiskosClient } from '../../src/riskos/index.ts';
import { thrownBy } from './support/thrown.ts';

const right = {
  baseUrl: 'https://riskos.sandbox.socure.com',
  apiKey: 'SECRETKEY-123',
  environment: 'Sandbox',
  workflow: 'workforce_verification',
} as const;

describe('the settings of the client', () => {
  it('may be just the four that are needed', async () => {
    const other = { ...right, baseUrl: 'https://riskos.socure.com/', environment: 'Production' } as const;
    for (const settings of [right, other]) {
      await expect(createRiskosClient(settings).close()).resolves.toBeUndefined();
    }
  });

  it.each([
    ['apiKey', 'Bearer SECRETKEY-123'],
    ['apiKey', 'SECRETKEY-123\n'],
    ['apiKey', '"SECRETKEY-123"'],
    ['apiKey', ''],
    ['apiKey', 'SECRETKEY–123'],
    ['baseUrl', 'https://riskos.socure.com/api/evaluation'],
    ['baseUrl', 'https://user:SECRETKEY@riskos.socure.com'],
    ['baseUrl', 'https://:SECRETKEY@riskos.socure.com'],
    ['baseUrl', 'https://riskos.socure.com?x=1'],
    ['baseUrl', 'ftp://riskos.socure.com'],
    ['baseUrl', 'riskos.socure.com'],
    ['environment', 'sandbox'],
    ['workflow', ''],
    ['apiVersion', 'latest\r\nx-evil: 1'],
    ['timeouts.total', { total: 0 }],
    ['limits.json', { json: -1 }],
    ['connections', 0],
    ['patchId', 'mine'],
    ['previousReferencePlacement', 'data.somewhere'],
    ['externalDevicePlacement', 'data.somewhere'],
  ])('name a wrong %s and keep its value to themselves: %j', (field, value) => {
    const [name = ''] = field.split('.');
    const wrong: object = { ...right, [name]: value };
    // @ts-expect-error -- settings that come from elsewhere than TypeScript
    const error = thrownBy(() => createRiskosClient(wrong));
    expect(error).toMatchObject({ type: 'InvalidSettings', fields: [field], fault: 'setup' });
    expect(error.message).toContain(`${field}: `);
    expect(error.message).not.toContain('SECRETKEY');
  });

  it('name all that is missing', () => {
    // @ts-expect-error -- nothing at all
    expect(thrownBy(() => createRiskosClient({})).fields).toEqual([
      'baseUrl',
      'apiKey',
      'environment',
      'workflow',
    ]);
  });
});
