import { type ConnectionLike, isGrpcServiceError } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { searchAttributes } from '../contract/index.ts';

/** The namespace does not know the funnel's search attributes, or this key may not register them. */
class SetupNeeded extends Error {
  readonly type = 'SetupNeeded';
}

const types: Record<
  SearchAttributeType,
  { word: string; /** In the API, whose package has no named exports. */ value: number }
> = {
  TEXT: { word: 'Text', value: 1 },
  KEYWORD: { word: 'Keyword', value: 2 },
  INT: { word: 'Int', value: 3 },
  DOUBLE: { word: 'Double', value: 4 },
  BOOL: { word: 'Bool', value: 5 },
  DATETIME: { word: 'Datetime', value: 6 },
  KEYWORD_LIST: { word: 'KeywordList', value: 7 },
};

const wanted = Object.values(searchAttributes);

/** Registers what is missing and names it; doing it again is fine. Throws `SetupNeeded` when this key may not. */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<string[]> {
  // Who may not list them may not add them either, but nothing has to be added where all are there.
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing === 'unknown') throw notAllowed('list', namespace, wanted);
  if (missing.length === 0) return [];
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, types[type].value])),
    });
  } catch (error) {
    throw isDenied(error) ? notAllowed('add', namespace, missing) : error;
  }
  return missing.map(({ name }) => name);
}

/**
 * Without them a workflow task would fail again and again, so a worker refuses to start: throws `SetupNeeded`. Returns
 * a warning where this key may not find out.
 */
export async function checkSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<string | undefined> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing === 'unknown') {
    return (
      `the search attributes of the Temporal namespace "${namespace}" could not be checked: this key may neither list them ` +
      'nor query by them, for which it needs the role "read" of the namespace. If one is missing, every funnel stands still ' +
      `with "BadSearchAttributes"; let somebody with the role "admin" run "candidate-funnel setup" once`
    );
  }
  if (missing.length === 0) return undefined;
  const names = missing.map(({ name }) => name).join(', ');
  throw new SetupNeeded(
    `the Temporal namespace "${namespace}" lacks the search attributes ${names}; run "candidate-funnel setup" once`,
  );
}

type Attribute = (typeof wanted)[number];

async function missingSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<Attribute[] | 'unknown'> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return wanted.filter(({ name }) => !(name in customAttributes));
  } catch (error) {
    if (!isDenied(error)) throw error;
    return unqueryable(connection, namespace);
  }
}

/** Temporal Cloud and stricter authorizers keep the operator's API to themselves; a query names an unknown attribute too. */
async function unqueryable(connection: ConnectionLike, namespace: string): Promise<Attribute[] | 'unknown'> {
  const missing: Attribute[] = [];
  for (const attribute of wanted) {
    try {
      const query = `${attribute.name} IS NOT NULL`;
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
    } catch (error) {
      if (isDenied(error)) return 'unknown';
      if (!isGrpcServiceError(error) || !invalid.includes(error.code)) throw error;
      missing.push(attribute);
    }
  }
  return missing;
}

function notAllowed(verb: 'list' | 'add', namespace: string, attributes: Attribute[]): SetupNeeded {
  const create = attributes.map(({ name, type }) => `--name ${name} --type ${types[type].word}`).join(' ');
  return new SetupNeeded(
    `this key may not ${verb} search attributes in the Temporal namespace "${namespace}": it needs the role "admin" of the ` +
      `namespace. Give it that role, or let somebody who has it run "temporal operator search-attribute create ${create}"; ` +
      'in Temporal Cloud, a namespace admin adds them in the UI or with "tcld namespace search-attributes add"',
  );
}

/** gRPC's INVALID_ARGUMENT. */
const invalid: readonly number[] = [3];
/** gRPC's PERMISSION_DENIED, and UNIMPLEMENTED of a server that keeps this API to itself. A wrong key gets another one. */
const denied: readonly number[] = [7, 12];

function isDenied(error: unknown): boolean {
  return isGrpcServiceError(error) && denied.includes(error.code);
}
