import { z } from 'zod';
import { application } from './application.ts';
import { policy } from './policy.ts';

/**
 * The JSON Schema (2020-12) of what a funnel takes or gives. What it refuses, the funnel refuses too, but for white space around
 * a value and units of a duration in capital letters; the funnel checks more than it can say, such as whether a duration is
 * shorter than another.
 */
export function jsonSchemaOf(name: SchemaName): object {
  const { $schema, ...rest } = z.toJSONSchema(schemas[name].schema, {
    io: schemas[name].io,
    override: ({ jsonSchema }) => {
      // Zod's own patterns of these formats are hundreds of characters long.
      if (jsonSchema.format === 'date-time' || /^ipv[46]$/.test(jsonSchema.format ?? ''))
        delete jsonSchema.pattern;
    },
  });
  return { $schema, $id: `urn:candidate-funnel:${name}`, ...rest };
}

const schemas = {
  application: { schema: application, io: 'input' },
  policy: { schema: policy, io: 'input' },
} as const satisfies Record<string, { schema: z.ZodType; io: 'input' | 'output' }>;

export type SchemaName = keyof typeof schemas;
export const schemaNames: readonly SchemaName[] = ['application', 'policy'];
