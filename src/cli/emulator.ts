import { Command, Option } from 'commander';
import { examples } from './examples.ts';
import { z } from 'zod';
import { emulatorSettings, readSettings } from '../config.ts';
import { createPino } from '../logging.ts';
import { InputError } from './errors.ts';
import { readJson } from './json-file.ts';
import { stopSignal } from './process.ts';

interface Options {
  host: string;
  port: number;
  publicUrl?: string;
  apiKey?: string;
  webhookUrl?: string;
  webhookToken?: string;
  scenarios?: string;
  state?: string;
  pace: number;
  seed: number;
}

export const emulator = new Command('emulator')
  .description('a stand-in for RiskOS: its API, its webhooks, a capture page and a dashboard')
  .addOption(new Option('--host <host>', 'where it listens').default('127.0.0.1').env('EMULATOR_HOST'))
  .addOption(new Option('--port <port>').default(8090).argParser(Number).env('EMULATOR_PORT'))
  .addOption(new Option('--public-url <url>', 'the base of capture links').env('EMULATOR_PUBLIC_URL'))
  .option('--api-key <key>', 'the accepted bearer key (default: EMULATOR_API_KEY, or "emulator")')
  .addOption(new Option('--webhook-url <url>', 'where webhooks go').env('EMULATOR_WEBHOOK_URL'))
  .option('--webhook-token <token>', 'their bearer token (default: EMULATOR_WEBHOOK_TOKEN)')
  .option('--scenarios <file>', 'more scenarios, as JSON')
  .option('--state <file>', 'keep evaluations here, so that an emulator that is started again goes on')
  .option('--pace <ms>', 'milliseconds between two steps of a played candidate', Number, 1000)
  .option('--seed <n>', 'the same seed gives the same faults', Number, 1)
  .addHelpText('after', examples('emulator --port 8090 --scenarios examples/scenarios.json'))
  .action(async ({ webhookUrl, webhookToken: token, scenarios, state, ...options }: Options) => {
    const secrets = readSettings(emulatorSettings);
    const webhookToken = token ?? secrets.EMULATOR_WEBHOOK_TOKEN;
    if (webhookUrl !== undefined && webhookToken === undefined) {
      throw new InputError('--webhook-url needs --webhook-token (or EMULATOR_WEBHOOK_TOKEN)');
    }
    const { startEmulator } = await import('../emulator/index.ts');
    const logger = createPino('emulator');
    const running = await startEmulator({
      ...options,
      apiKey: options.apiKey ?? secrets.EMULATOR_API_KEY,
      logger,
      ...(state === undefined ? {} : { stateFile: state }),
      ...(scenarios === undefined ? {} : { scenarios: anyObject(await readJson(scenarios)) }),
      ...(webhookUrl === undefined || webhookToken === undefined
        ? {}
        : { webhook: { url: webhookUrl, auth: { type: 'bearer', token: webhookToken } } }),
    });
    logger.info({ address: running.url }, 'RiskOS emulator listens');
    await stopSignal();
    await running.close();
  });

function anyObject(value: unknown): Record<string, object> {
  const parsed = z.record(z.string(), z.looseObject({})).safeParse(value);
  if (!parsed.success)
    throw new InputError('the scenario file must hold one JSON object, from name to scenario');
  return parsed.data;
}
