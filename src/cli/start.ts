import { Command } from 'commander';
import { z } from 'zod';
import { FunnelError } from '../client/index.ts';
import { policySettings, readSettings } from '../config.ts';
import { application, describeIssues } from '../contract/index.ts';
import { withFunnels } from './funnels.ts';
import { readJson } from './json-file.ts';
import { print, statusText } from './output.ts';

export const start = new Command('start')
  .description('start the funnel of an application')
  .argument('<file>', 'the application as JSON; "-" reads standard input')
  .option(
    '--policy <file>',
    'a policy as JSON, for what the application does not set itself; or FUNNEL_POLICY_FILE',
  )
  .option('--json', 'print the status as JSON')
  .action(async (file: string, options: { policy?: string; json?: boolean }) => {
    const input = await readJson(file);
    const policyFile = options.policy ?? readSettings(policySettings).FUNNEL_POLICY_FILE;
    const parsed = application.safeParse(policyFile ? withPolicy(input, await readJson(policyFile)) : input);
    if (!parsed.success) throw new FunnelError('InvalidApplication', describeIssues(parsed.error));
    await withFunnels(async (funnels) => {
      const funnel = await funnels.startFunnel(parsed.data);
      const { applicationId } = funnel;
      const started = { applicationId, workflowId: `funnel-${applicationId}`, started: true };
      const status = await funnel.status().catch(() => undefined);
      print(
        status ?? started,
        () => (status ? statusText(status) : `${applicationId}  started; no worker has taken it up yet`),
        options.json,
      );
    });
  });

const anyObject = z.record(z.string(), z.unknown());

/** Section by section, what the application sets wins over the company's policy. */
function withPolicy(input: unknown, base: unknown): unknown {
  const given = anyObject.safeParse(input);
  if (!given.success) return input;
  const own = anyObject.safeParse(given.data['policy'] ?? {});
  const company = anyObject.safeParse(base);
  if (!company.success)
    throw new FunnelError('InvalidApplication', 'the policy file must hold one JSON object');
  if (!own.success) return input;
  return { ...given.data, policy: merge(company.data, own.data) };
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const [below, above] = [anyObject.safeParse(base[key]), anyObject.safeParse(value)];
    merged[key] = below.success && above.success ? merge(below.data, above.data) : value;
  }
  return merged;
}
