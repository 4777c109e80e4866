import { z } from 'zod';

/** What the reference pages read of a JSON Schema; {@link readNode} reads it. */
export interface Node {
  $ref?: string | undefined;
  $defs?: Record<string, Node> | undefined;
  type?: string | string[] | undefined;
  description?: string | undefined;
  default?: unknown;
  const?: unknown;
  enum?: unknown[] | undefined;
  anyOf?: Node[] | undefined;
  oneOf?: Node[] | undefined;
  allOf?: Node[] | undefined;
  properties?: Record<string, Node> | undefined;
  required?: string[] | undefined;
  additionalProperties?: boolean | Node | undefined;
  items?: Node | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  format?: string | undefined;
  pattern?: string | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    $defs: z.record(z.string(), node).optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(node).optional(),
    oneOf: z.array(node).optional(),
    allOf: z.array(node).optional(),
    properties: z.record(z.string(), node).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), node]).optional(),
    items: node.optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    format: z.string().optional(),
    pattern: z.string().optional(),
  }),
);

export function readNode(schema: object): Node {
  return node.parse(schema);
}

/** A property of an object, and those of the objects in it. */
export interface Field {
  /** Such as `documents.deadline`, `verdicts[].flags`. */
  path: string;
  node: Node;
  required: boolean;
}

/** Every field of an object at every depth, each before those in it. */
export function fieldsOf(schema: Node, root: Node = schema, prefix = ''): Field[] {
  return variantsOf(schema, root).flatMap((variant) =>
    Object.entries(variant.properties ?? {}).flatMap(([name, child]) => {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      const required = variant.required?.includes(name) ?? false;
      const inside = variantsOf(child, root).flatMap((part) =>
        part.items === undefined ? fieldsOf(part, root, path) : fieldsOf(part.items, root, `${path}[]`),
      );
      return [{ path, node: child, required }, ...unique(inside)];
    }),
  );
}

/** The same field of several variants is one row. */
function unique(fields: Field[]): Field[] {
  return fields.filter(({ path }, at) => fields.findIndex((other) => other.path === path) === at);
}

/** What a schema can be: each part of a union, and what a reference names. */
function variantsOf(schema: Node, root: Node): Node[] {
  const resolved = resolve(schema, root);
  const parts = resolved.anyOf ?? resolved.oneOf;
  // `anyOf` of nothing but requirements says nothing of a type.
  return parts?.some(({ type, $ref, properties }) => type ?? $ref ?? properties)
    ? parts.flatMap((part) => variantsOf(part, root))
    : [resolved];
}

function resolve(schema: Node, root: Node): Node {
  const name = schema.$ref?.replace('#/$defs/', '');
  if (name === undefined) return schema;
  const target = root.$defs?.[name];
  if (target === undefined) throw new Error(`no definition of ${name}`);
  return target;
}

/** The type in words: "duration", "`a` or `b`", "whole number, 1 to 10", "list of text". */
export function typeInWords(schema: Node, root: Node): string {
  if (schema.$ref === '#/$defs/duration') return 'duration';
  if (schema.$ref !== undefined) return typeInWords(resolve(schema, root), root);
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts && schema.type === undefined)
    return either(parts.flatMap((part) => wordsOf(part) ?? typeInWords(part, root)));
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return either(wordsOf(schema) ?? ['one of a list of words']);
  if (Array.isArray(schema.type))
    return either(schema.type.map((type) => typeInWords({ ...schema, type }, root)));
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items ? typeInWords(schema.items, root) : 'anything'}`;
    case 'object':
      return typeof schema.additionalProperties === 'object' && schema.properties === undefined
        ? `object, from name to ${typeInWords(schema.additionalProperties, root)}`
        : 'object';
    case 'integer':
      return `whole number${rangeOf(schema)}`;
    case 'number':
      return `number${rangeOf(schema)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'null':
      return '`null`';
    case 'string':
      return textOf(schema);
    case undefined:
    default:
      return 'anything';
  }
}

/** The words of a closed set, if they are few enough for a table. */
function wordsOf({ enum: words }: Node): string[] | undefined {
  return words && words.length <= 12 ? words.map(code) : undefined;
}

function textOf({ format, maxLength }: Node): string {
  if (format === 'date-time') return 'time, ISO 8601';
  if (format === 'date') return 'date, YYYY-MM-DD';
  if (format === 'uri') return 'URL';
  return maxLength === undefined ? 'text' : `text, at most ${maxLength} characters`;
}

function rangeOf({ minimum, maximum }: Node): string {
  // Zod bounds every whole number by what a double can hold.
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  if (least !== undefined) return `, at least ${least}`;
  return most === undefined ? '' : `, at most ${most}`;
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function either(words: string[]): string {
  const different = [...new Set(words)];
  const last = different.at(-1) ?? '';
  return different.length > 1 ? `${different.slice(0, -1).join(', ')} or ${last}` : last;
}
