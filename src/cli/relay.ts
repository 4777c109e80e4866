import { Command } from 'commander';

export const relay = new Command('relay')
  .description(
    "take RiskOS's webhooks at POST /webhooks/riskos and signal the funnels (settings: RELAY_*, TEMPORAL_*)",
  )
  .action(async () => (await import('./run-relay.ts')).runRelay());
