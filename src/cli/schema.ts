import { Argument, Command } from 'commander';
import { type SchemaName, jsonSchemaOf, schemaNames } from '../contract/json-schema.ts';
import { examples } from './examples.ts';

export const schema = new Command('schema')
  .description('print the JSON Schema of an application, a policy, a status or a notice')
  .addArgument(new Argument('<name>', 'what it describes').choices(schemaNames))
  .addHelpText(
    'after',
    [
      '',
      'JSON Schema 2020-12. application and policy are what a start takes, status and notice what a funnel answers and sends.',
      'The same files are in the package: candidate-funnel/schemas/application.json and so on.',
      examples('schema application', 'schema policy > policy.schema.json'),
    ].join('\n'),
  )
  .action((name: SchemaName) => {
    process.stdout.write(`${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`);
  });
