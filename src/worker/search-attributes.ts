import type { ConnectionLike } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { searchAttributes } from '../contract/index.ts';

/** The namespace does not know the funnel's search attributes. */
class SetupNeeded extends Error {
  readonly type = 'SetupNeeded';
}

/** Temporal's enum IndexedValueType; its package has no named exports for modules. */
const types: Record<SearchAttributeType, number> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

/** Registers what is missing and names it; doing it again is fine. */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0) {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        Object.values(searchAttributes)
          .filter(({ name }) => missing.includes(name))
          .map(({ name, type }) => [name, types[type]]),
      ),
    });
  }
  return missing;
}

/** Without them a workflow task would fail again and again, so a worker refuses to start. */
export async function checkSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  throw new SetupNeeded(
    `the Temporal namespace "${namespace}" lacks the search attributes ${missing.join(', ')}; run "candidate-funnel setup" once`,
  );
}

async function missingSearchAttributes(connection: ConnectionLike, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes)
    .map(({ name }) => name)
    .filter((name) => !(name in customAttributes));
}
