import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { checkApplication } from '../client/check-application.ts';
import { policySettings, readSettings } from '../config.ts';
import { InputError } from './errors.ts';
import { examples } from './examples.ts';
import { withFunnels } from './funnels.ts';
import { readJson } from './json-file.ts';
import { print, printStatus } from './output.ts';

interface Options {
  file?: string;
  rate: number;
  policy?: string;
  again?: boolean;
  json?: boolean;
}

export const start = new Command('start')
  .description('start the funnel of an application, or of each one in a file')
  .argument('[file]', 'the application as JSON; "-" reads standard input')
  .option(
    '--file <file>',
    'many applications, one JSON line each (NDJSON); what is refused is reported by line',
  )
  .option('--rate <n>', 'with --file, at most this many starts a second', positive, 20)
  .option(
    '--policy <file>',
    'a policy as JSON, for what the application does not set itself; or FUNNEL_POLICY_FILE',
  )
  .option('--again', 'start another funnel of an application whose funnel has ended')
  .option('--json', 'print the status as JSON; with --file, one JSON line an application')
  .addHelpText(
    'after',
    examples(
      'start examples/application.json',
      'start examples/application.json --policy examples/policy.json',
      'start --file examples/applications.ndjson',
    ),
  )
  .action(async (file: string | undefined, options: Options) => {
    if ((file === undefined) === (options.file === undefined)) {
      throw new InputError('start needs one file: an application, or --file with one application a line');
    }
    const policy = await basePolicy(options.policy);
    if (file !== undefined) await startOne(withPolicy(await readJson(file), policy), options);
    else if (options.again) {
      throw new InputError(
        '--again does not go with --file: a second run would start every application again',
      );
    } else {
      const { startFile } = await import('./start-file/run.ts');
      await startFile(options.file ?? '-', (input) => withPolicy(input, policy), options);
    }
  });

async function startOne(input: unknown, { again = false, json }: Options): Promise<void> {
  const checked = checkApplication(input);
  await withFunnels(async (funnels) => {
    const funnel = await funnels.startFunnel(checked, { again });
    const { applicationId } = funnel;
    const status = await funnel.status().catch(() => undefined);
    if (status) await printStatus(status, json);
    else {
      const started = { applicationId, workflowId: `funnel-${applicationId}`, started: true };
      print(started, () => `${applicationId}  started; no worker has taken it up yet`, json);
    }
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('must be a whole number from 1 to 1000');
  return value;
}

/** Of `--policy`, or of FUNNEL_POLICY_FILE. */
async function basePolicy(path: string | undefined): Promise<Record<string, unknown> | undefined> {
  if (path !== undefined) return policyOf(await readJson(path));
  const { FUNNEL_POLICY_FILE: file } = readSettings(policySettings);
  if (file === undefined) return undefined;
  try {
    return policyOf(await readJson(file));
  } catch (error) {
    throw error instanceof InputError ? new InputError(`FUNNEL_POLICY_FILE: ${error.message}`) : error;
  }
}

const anyObject = z.record(z.string(), z.unknown());

function policyOf(value: unknown): Record<string, unknown> {
  const parsed = anyObject.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError('the policy file must hold one JSON object');
}

/** Section by section, what the application sets wins over the company's policy. */
function withPolicy(input: unknown, base: Record<string, unknown> | undefined): unknown {
  const given = anyObject.safeParse(input);
  if (!base || !given.success) return input;
  const own = anyObject.safeParse(given.data['policy'] ?? {});
  return own.success ? { ...given.data, policy: merge(base, own.data) } : input;
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const [below, above] = [anyObject.safeParse(base[key]), anyObject.safeParse(value)];
    merged[key] = below.success && above.success ? merge(below.data, above.data) : value;
  }
  return merged;
}
