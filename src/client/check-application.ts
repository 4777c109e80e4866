import { z } from 'zod';
import { type Application, application, checkInput, describeIssues } from '../contract/index.ts';
import { FunnelError } from './errors.ts';

const withId = z.object({ applicationId: application.shape.applicationId });

/**
 * The complete application. Throws {@link FunnelError} `InvalidApplication` that names each wrong field, and the application if
 * its id is valid.
 */
export function checkApplication(input: unknown): Application {
  const parsed = checkInput(application, input);
  if (parsed.success) return parsed.data;
  const named = withId.safeParse(input);
  const which = named.success ? `${named.data.applicationId}: ` : '';
  throw new FunnelError('InvalidApplication', `${which}${describeIssues(parsed.error)}`);
}
