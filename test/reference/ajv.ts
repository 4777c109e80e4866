import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { jsonSchemaOf, type SchemaName } from '../../src/contract/json-schema.ts';

/** A validator that somebody else wrote, of one of the published schemas. */
export function validatorOf(name: SchemaName): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(jsonSchemaOf(name));
}

/** What it says is wrong: `/candidate/email must be string`. */
export function faultsIn(validate: ValidateFunction, value: unknown): string[] {
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
}
