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
    'This page describes the log lines of every process and lists every field. Read [operating candidate-funnel](operations.md) first for which process does what. `npm run docs:logs` writes the page from `src/contract/log-fields.ts`.',
    'Each process writes its log to stderr, one JSON object per line:',
    json(exampleLine()),
    '`level` is `trace`, `debug`, `info`, `warn`, `error` or `fatal`; `time` is ISO 8601 in UTC; `name` is the process; `msg` is a fixed sentence, so that you can count lines by it. `LOG_LEVEL` sets the lowest level that is written; without it, `dev` writes warnings and errors, and `demo` nothing. A command that you type, and a process that refuses to start, print one line of plain text instead.',
    '## What is printed',
    'Only the fields of the table below are printed. Any other field is removed, even one that a library adds; `unlisted` counts the removed fields. A value that does not have the form of its field is printed as `(odd)`. No line has a candidate’s data, a capture link, a key, a token or a task token: [a test](../SECURITY.md#where-the-canary-looks) searches the logs of every process for all of them.',
    'To follow one application, search for its `applicationId` or `workflowId`. To follow one call to RiskOS, search for its `correlationId`, which is the evaluation id. The relay logs `evaluationId`, which begins with the application id.',
    '## Errors',
    'A line about a failure has `error`: its `type`, a `code` (of Node.js, gRPC or the SDK), an HTTP `status`, and the same for its `cause`. Errors that are known to contain no data have their `message`: those of candidate-funnel and those of connections. Messages of other programs can quote the data that they could not read, so their errors have the first stack frames in `at` instead.',
    '## Temporal’s SDK',
    'Lines of the SDK have the same shape. `sdkComponent` names the part that wrote them: `core`, `worker`, or `workflow` and `activity` for lines of the funnel itself. Values that the SDK inserts into `msg` are cut off, which ` …` shows. Warnings and errors of the SDK are written at every level, its details only at `debug` and `trace`. A query that was refused because it came too early is logged at `debug`; the client repeats it.',
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
