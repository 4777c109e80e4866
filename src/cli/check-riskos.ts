import { Command } from 'commander';
import { examples } from './examples.ts';
import type { CheckRiskosOptions } from './check-riskos/run.ts';

export const checkRiskos = new Command('check-riskos')
  .description(
    'the validation checklist against RISKOS_BASE_URL, with identities of yours (settings: RISKOS_*)',
  )
  .requiredOption('--identities <file>', 'candidates and what RiskOS should say of each, as JSON')
  .option('--production', 'also where RISKOS_ENVIRONMENT is Production: real evaluations are made')
  .option('--json', 'one JSON line a check')
  .addHelpText('after', examples('check-riskos --identities examples/identities.json'))
  .action(async (options: CheckRiskosOptions) => (await import('./check-riskos/run.ts')).runCheck(options));
