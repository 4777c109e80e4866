import { Command } from 'commander';
import { examples } from './examples.ts';

export const relay = new Command('relay')
  .description(
    "receive RiskOS's webhooks at POST /webhooks/riskos and signal the funnels (settings: RELAY_*, TEMPORAL_*)",
  )
  .addHelpText('after', examples('relay'))
  .action(async () => (await import('./run-relay.ts')).runRelay());
