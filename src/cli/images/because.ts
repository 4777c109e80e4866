import type { z } from 'zod';
import { checkInput, describeIssues } from '../../contract/index.ts';
import { InputError } from '../errors.ts';

/** The values of `--by` and `--reason` as the archive may record them. Throws {@link InputError}. */
export function checkedBecause<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const checked = checkInput(schema, given);
  if (!checked.success) throw new InputError(`wrong option: --${describeIssues(checked.error)}`);
  return checked.data;
}
