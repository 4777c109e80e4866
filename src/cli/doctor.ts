import { Command } from 'commander';
import { examples } from './examples.ts';

export const doctor = new Command('doctor')
  .description('look at settings, Temporal, RiskOS, relay, receiver and archive, and say what is wrong')
  .option('--json', 'one JSON line a finding')
  .addHelpText('after', examples('doctor', 'doctor --json'))
  .action(async (options: { json?: boolean }) => (await import('./doctor/run.ts')).runDoctor(options));
