import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listFunnels } from '../../src/client/list.ts';
import { firstFields, memoOf, searchAttributes } from '../../src/contract/index.ts';

test('a list of a thousand funnels is one request, and decrypts nothing', async () => {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const decode = vi.fn<() => Promise<never>>(async () => Promise.reject(new Error('no key is needed')));
  const client = new Client({
    connection,
    dataConverter: { payloadCodecs: [{ encode: async (payloads) => payloads, decode }] },
  });
  const executions = Array.from({ length: 1000 }, (_, nth) => {
    const memo = memoOf(firstFields(`app-${nth}`, false));
    const fields = Object.fromEntries(
      Object.entries(memo).map(([name, value]) => [name, defaultPayloadConverter.toPayload(value)]),
    );
    return {
      execution: { workflowId: `funnel-app-${nth}`, runId: `${nth}` },
      status: 1,
      memo: { fields },
      searchAttributes: { indexedFields: { [searchAttributes.stage.name]: {} } },
    };
  });
  const list = vi.fn<() => Promise<object>>(async () => ({ executions, nextPageToken: new Uint8Array() }));
  Object.assign(connection.workflowService, { listWorkflowExecutions: list });
  const rows = await listFunnels(client, { limit: 2000 });
  expect(new Set(rows.map(({ applicationId }) => applicationId)).size).toBe(1000);
  expect(new Set(rows.map(({ stage }) => stage))).toEqual(new Set(['passive_check']));
  expect(list).toHaveBeenCalledOnce();
  expect(decode).not.toHaveBeenCalled();
});
