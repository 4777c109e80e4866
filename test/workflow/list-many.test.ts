import { Client, Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFunnelClient } from '../../src/client/index.ts';
import {
  clearPayload,
  firstFields,
  memoFields,
  searchAttributes,
  workflowIdOf,
  workflowType,
} from '../../src/contract/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';

/** Funnels in the list. */
const many = 1000;

/** A server of its own: a thousand rows would push those of other tests off their lists. */
let server: DevServer;
let connection: Connection;
beforeAll(async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  server = await startDevServer({ binary, uiPort: false });
  connection = await Connection.connect({ address: server.address });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

test(`a list of ${many} funnels asks for no key`, { timeout: 300_000 }, async () => {
  const plain = new Client({ connection });
  const start = async (number: number) => {
    const applicationId = `many-${number}`;
    const fields = firstFields(applicationId, false);
    await plain.workflow.start(workflowType, {
      workflowId: workflowIdOf(applicationId),
      taskQueue: 'polled-by-nobody',
      memo: { [memoFields.status]: clearPayload(fields.status), [memoFields.private]: fields.private },
      typedSearchAttributes: [{ key: searchAttributes.stage, value: 'passive_check' }],
    });
  };
  for (let from = 0; from < many; from += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, at) => start(from + at)));
  }

  let decodings = 0;
  const counting: PayloadCodec = {
    encode: async (payloads) => payloads,
    decode: async (payloads) => {
      decodings += 1;
      return payloads;
    },
  };
  const temporal = new Client({ connection, dataConverter: { payloadCodecs: [counting] } });
  const funnels = createFunnelClient({ temporal });
  await expect
    .poll(async () => (await funnels.list({ limit: 2 * many })).length, { timeout: 60_000 })
    .toBe(many);
  const begun = performance.now();
  const rows = await funnels.list({ limit: 2 * many });
  process.stderr.write(`list of ${many} funnels: ${Math.round(performance.now() - begun)} ms\n`);

  expect(rows).toHaveLength(many);
  expect(new Set(rows.map(({ applicationId }) => applicationId)).size).toBe(many);
  for (const { stage, waitingFor, nextAction } of rows) {
    expect([stage, waitingFor, nextAction]).toEqual(['passive_check', 'riskos', 'wait']);
  }
  expect(decodings).toBe(0);
  // The codec is asked as soon as one status is wanted.
  await funnels.funnel('many-1').status();
  expect(decodings).toBe(1);
});
