import { z } from 'zod';
import { application } from './application.ts';
import { policy } from './policy.ts';
import { noticeSchema, statusSchema } from './status-schema.ts';

/**
 * The JSON Schema (2020-12) of what a funnel takes or gives. What the schemas of application and policy refuse, the funnel
 * refuses too, except for white space around a value and units of a duration in capital letters; the funnel checks more than
 * they can say, such as whether one duration is shorter than another. The schemas of status and notice allow
 * unknown fields, because a newer release may add some.
 */
export function jsonSchemaOf(name: SchemaName): object {
  const { $schema, ...rest } = z.toJSONSchema(schemas[name], {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (withoutPattern.has(jsonSchema.format)) delete jsonSchema.pattern;
    },
  });
  return { $schema, $id: `urn:candidate-funnel:${name}`, ...rest };
}

/** Zod's own patterns of these formats are hundreds of characters long. */
const withoutPattern: ReadonlySet<unknown> = new Set(['date-time', 'ipv4', 'ipv6']);

const schemas = { application, policy, status: statusSchema, notice: noticeSchema } satisfies Record<
  string,
  z.ZodType
>;

export type SchemaName = keyof typeof schemas;
export const schemaNames: readonly SchemaName[] = ['application', 'policy', 'status', 'notice'];
