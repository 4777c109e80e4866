import { Command } from 'commander';
import { examples } from './examples.ts';
import type { CheckRiskosOptions } from './check-riskos/run.ts';

export const checkRiskos = new Command('check-riskos')
  .description(
    'run the validation checklist against RISKOS_BASE_URL with your own test identities (settings: RISKOS_*)',
  )
  .requiredOption('--identities <file>', 'candidates and what RiskOS should say of each, as JSON')
  .option('--production', 'also run when RISKOS_ENVIRONMENT is Production; this creates real evaluations')
  .option('--json', 'print one JSON line per check')
  .addHelpText('after', examples('check-riskos --identities examples/identities.json'))
  .action(async (options: CheckRiskosOptions) => (await import('./check-riskos/run.ts')).runCheck(options));
