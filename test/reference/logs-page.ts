import { type LogForm, logFields } from '../../src/contract/log-fields.ts';
import { createLogger } from '../../src/logging.ts';
import { RiskosError } from '../../src/riskos/index.ts';
import { json, pageOf, table } from './markdown.ts';

const forms: Record<LogForm, string> = {
  id: 'id',
  ids: 'list of words or ids',
  word: 'word or number',
  number: 'number',
  flag: 'true or false',
  time: 'time, ISO 8601 in UTC',
  text: 'a sentence of the program',
  person: 'name of an employee',
  call: 'method and path',
  place: 'address',
  counts: 'counts by word',
  shape: 'nested, without data',
  error: 'error, see above',
};

/** docs/logs.md. */
export async function renderLogsPage(): Promise<string> {
  return pageOf([
    '# Logs',
    'Every process writes its log to stderr, one JSON object a line. `npm run docs:logs` writes this page from `src/contract/log-fields.ts`.',
    json(exampleLine()),
    '`level` is `trace`, `debug`, `info`, `warn`, `error` or `fatal`; `time` is ISO 8601 in UTC; `name` is the process; `msg` is a sentence of the program that never changes, so that you can count by it. `LOG_LEVEL` chooses from which level on lines are written; `dev` writes warnings and errors unless it is set, `demo` nothing. A command that you type, and a process that refuses to start, answer in one line of plain text instead.',
    '## What is printed',
    'The fields of the table below and nothing else. A field that is not in the table is left out whoever adds it, a library too; `unlisted` then counts what was left out. A value that does not have the form of its field is printed as `(odd)`. No line has a candidate’s data, a capture link, a key, a token or a task token: [a test](../SECURITY.md#where-the-canary-looks) searches the logs of every process for all of them.',
    'Lines join by `applicationId`, `workflowId` and `runId`, and by `correlationId`, which is the evaluation id in every line about a call to RiskOS. The relay logs `evaluationId`, which begins with the application id.',
    '## Errors',
    'Wherever something failed, the line has `error`: its `type`, a `code` (of Node, gRPC or the SDK), an HTTP `status`, the first stack frames in `at`, and the same of its `cause`. `message` is there only for errors that are known to hold no data: those of candidate-funnel and those of connections. Other programs quote in their messages what they could not read.',
    '## Temporal’s SDK',
    'Its lines have the same shape, with `sdkComponent` saying which part wrote them: `core`, `worker`, or `workflow` and `activity` for lines of the funnel itself. From `msg` everything is cut off that the SDK put into it, which ` …` shows. Warnings and errors of the SDK are written at every level; its details only at `debug` and `trace`. A query that is refused because it came too early is a line at `debug`: it is asked again by itself.',
    '## Fields',
    table(
      ['field', 'form', 'meaning'],
      Object.entries(logFields).map(([name, { form, meaning }]) => [`\`${name}\``, forms[form], meaning]),
    ),
  ]);
}

function exampleLine(): object {
  let line = '';
  const logger = createLogger('worker', {
    environment: {},
    destination: { write: (text) => void (line = text) },
  });
  const error = new RiskosError('ServerError', { call: 'GET /api/evaluation/1f0c4e9a', status: 503 });
  logger.warn(
    {
      workflowId: 'funnel-app-1042',
      activityType: 'readEvaluation',
      attempt: 2,
      correlationId: 'app-1042~5c1d77e0~passive_check~1',
      call: 'GET /api/evaluation/1f0c4e9a',
      type: error.type,
      status: 503,
      retryable: error.retryable,
      error: Object.assign(error, { stack: '' }),
    },
    'RiskOS call failed',
  );
  return { ...JSON.parse(line), time: '2026-03-02T10:00:00.000Z', build: '1f2e3d4c5b6a' };
}
