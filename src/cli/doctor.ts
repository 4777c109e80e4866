import { Command, InvalidArgumentError } from 'commander';
import type { DoctorInput } from './doctor/run.ts';
import { examples } from './examples.ts';

export const doctor = new Command('doctor')
  .description(
    'check settings, clock, Temporal, RiskOS, relay, notification receiver, archive, key store and codec server',
  )
  .option('--relay <url>', 'ping the relay at its public address, as the RiskOS dashboard does', httpUrl)
  .option('--ui <origin>', 'check that pages of this Temporal UI may call the codec server')
  .option('--json', 'print one JSON line per check')
  .addHelpText(
    'after',
    examples('doctor', 'doctor --relay https://relay.example/webhooks/riskos', 'doctor --json'),
  )
  .action(async (options: DoctorInput) => (await import('./doctor/run.ts')).runDoctor(options));

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('must be an http(s) URL');
  }
  return text;
}
