import { request } from 'undici';
import { processMetrics } from '../contract/index.ts';

/** Milliseconds that one read of the SDK's metrics may take. */
const timeout = 2000;

/**
 * What the Temporal SDK and the workflows count, in Prometheus' text format: the SDK has a port of its own on this machine, and
 * a scrape of the worker reads it along. A port that does not answer shows as `candidate_funnel_sdk_metrics_up 0`.
 */
export async function sdkMetrics(port: number): Promise<string> {
  const text = await read(port).catch(() => undefined);
  const { name, help } = processMetrics.sdkUp;
  const up = `# HELP ${name} ${help}
# TYPE ${name} gauge
${name} ${text === undefined ? 0 : 1}
`;
  return `${up}${text ?? ''}`;
}

async function read(port: number): Promise<string> {
  const answer = await request(`http://127.0.0.1:${port}/metrics`, {
    headersTimeout: timeout,
    bodyTimeout: timeout,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the SDK's metrics answer ${answer.statusCode}`);
  return text;
}
