import { Command } from 'commander';
import { examples } from './examples.ts';
import { temporalClient } from '../client/index.ts';
import { temporalConfig } from '../client/settings.ts';
import { registerSearchAttributes } from '../worker/search-attributes.ts';
import { print } from './output.ts';

export const setup = new Command('setup')
  .description("register the funnel's search attributes in the Temporal namespace; safe to repeat")
  .option('--json', 'print what was registered as JSON')
  .addHelpText('after', examples('setup'))
  .action(async ({ json }: { json?: boolean }) => {
    const namespace = temporalConfig().namespace ?? 'default';
    const { connection } = temporalClient();
    try {
      const registered = await registerSearchAttributes(connection, namespace);
      print(
        { namespace, registered },
        () =>
          registered.length > 0
            ? `registered in namespace "${namespace}": ${registered.join(', ')}`
            : `namespace "${namespace}" has every search attribute already`,
        json,
      );
    } finally {
      await connection.close();
    }
  });
