import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { checkRiskos, type CheckOptions } from '../../src/cli/check-riskos/check.ts';
import { parseIdentities } from '../../src/cli/check-riskos/identities.ts';
import { reportOf } from '../../src/cli/check-riskos/report.ts';
import type { CheckResult } from '../../src/cli/check-riskos/results.ts';
import { policy } from '../../src/contract/index.ts';
import { type EmulatorOptions, startEmulator } from '../../src/emulator/index.ts';
import { run } from '../support/processes.ts';

const apiKey = 'key-that-nobody-may-see';
const examplePath = fileURLToPath(new URL('../../examples/identities.json', import.meta.url));
const fileShape = z.array(
  z.looseObject({ name: z.string(), candidate: z.looseObject({ email: z.string() }) }),
);
const example = fileShape.parse(JSON.parse(await readFile(examplePath, 'utf8')));

/** The example's candidates, some of them with other fields. */
function identitiesWith(changes: Record<string, object> = {}): object[] {
  return example.map((identity) => ({ ...identity, ...changes[identity.name] }));
}

const playing = (scenario: string) => ({ custom: { scenario } });

/** What must never be printed: the key, and every text of a candidate. */
const secrets = [
  apiKey,
  ...example.flatMap(({ candidate }) =>
    [...JSON.stringify(candidate).matchAll(/:"([^"]{4,})"/g)].flatMap(([, value]) => value ?? []),
  ),
];

interface Setup {
  emulator?: Partial<EmulatorOptions>;
  /** Fields of candidates, by name. */
  identities?: Record<string, object>;
  check?: Partial<Omit<CheckOptions, 'riskos' | 'identities'>>;
  /** What a proxy before the emulator makes of its answers. */
  spoil?: Spoil;
}

async function emulatorWith(options: Partial<EmulatorOptions> = {}) {
  const emulator = await startEmulator({ apiKey, pace: 1, ...options });
  onTestFinished(() => emulator.close());
  const admin = (path: string, body: unknown) =>
    fetch(`${emulator.url}/admin/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { ...emulator, admin };
}

/** Runs the checklist, and looks at everything that it says for what must not be there. */
async function check({ emulator: options, identities, check: more, spoil }: Setup = {}) {
  const emulator = await emulatorWith(options);
  const baseUrl = spoil ? await proxy(emulator.url, spoil) : emulator.url;
  const results: CheckResult[] = [];
  const waits: number[] = [];
  for await (const result of checkRiskos({
    riskos: { baseUrl, apiKey, environment: 'Sandbox', workflow: 'hiring', apiVersion: '2025-01-01.orion' },
    identities: parseIdentities(identitiesWith(identities), 'identities.json', more?.verdicts ?? {}),
    verdicts: {},
    wait: async (milliseconds) => waits.push(milliseconds),
    random: () => 0,
    ...more,
  })) {
    results.push(result);
  }
  const printed = `${JSON.stringify(results)}${reportOf(results, false)}${reportOf(results, true)}`;
  for (const secret of secrets) expect(printed).not.toContain(secret);
  const withRemedy = results.filter(({ remedy = '' }) => /^.{20,}$/.test(remedy));
  expect(withRemedy).toEqual(results.filter(({ result }) => result === 'failed'));
  const of = (name: string) => results.find((one) => one.check.startsWith(name));
  const failures = results.flatMap((one) => (one.result === 'failed' ? [one.check] : []));
  return { results, of, failures, waits, ledger: emulator.ledger() };
}

interface Exchange {
  method: string;
  path: string;
  sent: unknown;
  status: number;
  headers: Record<string, string>;
  body: string;
}
type Spoil = (exchange: Exchange) => Partial<Pick<Exchange, 'status' | 'headers' | 'body'>>;

/** Stands before the emulator, and answers something else where `spoil` says so. */
async function proxy(target: string, spoil: Spoil): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  app.all('/*', async (request, reply) => {
    const headers = new Headers({ 'content-type': 'application/json' });
    for (const name of ['authorization', 'x-api-version']) headers.set(name, String(request.headers[name]));
    const { method, url: path, body: sent } = request;
    const answer = await fetch(`${target}${path}`, {
      method,
      headers,
      ...(sent === undefined || sent === null ? {} : { body: JSON.stringify(sent) }),
    });
    const { status } = answer;
    const whole: Exchange = { method, path, sent, status, headers: {}, body: await answer.text() };
    const spoilt = { ...whole, ...spoil(whole) };
    return reply.code(spoilt.status).type('application/json').headers(spoilt.headers).send(spoilt.body);
  });
  onTestFinished(() => app.close());
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const isPost = ({ method }: Exchange) => method === 'POST';

describe('the checklist against an emulator that is in order', () => {
  test('passes with the example: one POST a candidate, and no SMS even where the file asks for one', async () => {
    const { results, ledger, waits } = await check({
      identities: { documents: { documents: { sendMessage: true } } },
    });
    expect(results.filter(({ result }) => result !== 'ok').map((one) => [one.check, one.result])).toEqual([
      ['waits that RiskOS asks for', 'skipped'],
    ]);
    expect(results.map(({ check: name, came }) => `${name}: ${came}`)).toMatchInlineSnapshot(`
      [
        "valid-passive, passive: ACCEPT (I401)",
        "valid-payroll, payroll_setup: ACCEPT (I401)",
        "fraud-passive, passive: REJECT (I401, R221)",
        "doubtful-contractor, contractor_onboarding: REVIEW (I401, R610)",
        "documents, document_verification: PAUSED (capture)",
        "HTTP status of a POST: 4 finished, 1 paused",
        "fields that are relied upon: 5 answers",
        "types of the other fields: 5 answers",
        "environment_name: Sandbox",
        "pinned API version: taken, 5 answers",
        "a document verification: paused, with a link",
        "GET of a paused evaluation: the same",
        "documents of a paused evaluation: no documents",
        "GET of a finished evaluation: the same",
        "a wrong key: AuthenticationFailed (HTTP 401, AUTHENTICATION_FAILED)",
        "an incomplete request: DataRefused (HTTP 400, INVALID_REQUEST): candidate.givenName, candidate.familyName and 3 more",
        "an unknown eval_id: NotFound (HTTP 404)",
        "waits that RiskOS asks for: RiskOS asked for none",
      ]
    `);
    expect(ledger.evaluations.length).toBe(example.length);
    expect(ledger.sms).toEqual([]);
    expect(waits).toEqual([]);
  });

  test('takes the words of another workflow for what they mean', async () => {
    const { failures, of } = await check({ identities: { 'valid-passive': playing('other-words') } });
    expect(failures).toEqual([]);
    expect(of('valid-passive')?.came).toMatch(/^APPROVE/);
  });

  test('takes a word of its own as the policy maps it', async () => {
    const verdicts = { ESCALATE_TO_HR: 'review' } as const;
    const changed = { 'fraud-passive': playing('unknown-decision') };
    expect((await check({ identities: changed, check: { verdicts } })).failures).toEqual([]);
  });

  test('does not take for a difference that a candidate has gone on before the GET', async () => {
    const { failures, of } = await check({
      spoil: ({ method, path, body }) => {
        if (path.endsWith('documents')) return { status: 200, body: 'PK' };
        return method === 'GET' ? { body: body.replace('evaluation_paused', 'evaluation_completed') } : {};
      },
    });
    expect(failures).toEqual([]);
    const meanwhile = { result: 'skipped', came: 'has gone on meanwhile: completed' };
    expect(of('GET of a paused')).toMatchObject(meanwhile);
    expect(of('documents of a paused')).toMatchObject(meanwhile);
  });

  test.each(['X-Retry-After', 'Retry-After'] as const)(
    'waits as long as %s says, and goes on',
    async (header) => {
      const waits: number[] = [];
      const emulator = await emulatorWith({ rateLimit: { perSecond: 0, header } });
      const results: CheckResult[] = [];
      for await (const result of checkRiskos({
        riskos: { baseUrl: emulator.url, apiKey, environment: 'Sandbox', workflow: 'hiring' },
        identities: parseIdentities(identitiesWith(), 'identities.json', {}),
        verdicts: {},
        random: () => 0,
        wait: async (milliseconds) => {
          waits.push(milliseconds);
          await emulator.admin('rate-limit', null);
        },
      })) {
        results.push(result);
      }
      expect(waits).toEqual([1000]);
      expect(results.filter(({ result }) => result !== 'ok')).toEqual([]);
      expect(results.at(-1)).toMatchObject({ came: '1 wait as asked', result: 'ok' });
      expect(emulator.ledger().evaluations.length).toBe(example.length);
    },
  );
});

test('a decision word counts in any case and spacing, in the answer, the policy and the file', async () => {
  const policyOf = policy.parse({ verdicts: { 'needs  info': 'reject' } });
  const own = { passive: [{ decision: 'Needs Info' }] };
  const { of } = await check({
    emulator: { scenarios: { own } },
    identities: { 'fraud-passive': { ...playing('own'), expect: [' needs INFO '] } },
    check: { verdicts: policyOf.verdicts },
  });
  expect(of('fraud-passive,')).toMatchObject({ result: 'ok', came: expect.stringMatching(/^NEEDS INFO/) });
});

describe('a check fails, and says what came and what to do', () => {
  const other: [what: string, setup: Setup, failing: Record<string, { came: RegExp; remedy?: RegExp }>][] = [
    [
      'when a valid candidate is rejected',
      { identities: { 'valid-passive': playing('passive-reject') } },
      {
        'valid-passive, passive': { came: /^REJECT \(I401, R221\)$/, remedy: /evaluation [\w-]{36} in the/ },
      },
    ],
    [
      'when a fraudulent candidate is accepted',
      { identities: { 'fraud-passive': playing('accept') } },
      { 'fraud-passive, passive': { came: /^ACCEPT/ } },
    ],
    [
      'when the decision is a word that nobody mapped, although it would go to a person',
      { identities: { 'fraud-passive': playing('unknown-decision') } },
      { 'fraud-passive, passive': { came: /^ESCALATE_TO_HR.*nobody mapped/, remedy: /FUNNEL_POLICY_FILE/ } },
    ],
    [
      'when a candidate is to be decided, and has to do something first',
      { identities: { 'valid-passive': playing('one-time-code') } },
      { 'valid-passive, passive': { came: /^PAUSED \(one time code\)$/ } },
    ],
    [
      'when a step of the workflow has failed',
      { identities: { documents: playing('docv-request-error-then-accept') } },
      {
        'documents, document_verification': { came: /^RESUBMIT, by an error of a step$/ },
        'a document verification': { came: /^completed$/, remedy: /has to reach Document Verification/ },
      },
    ],
    [
      'when the execution of the workflow has failed',
      {
        spoil: (exchange) =>
          isPost(exchange) && exchange.status === 201
            ? { body: exchange.body.replace('evaluation_paused', 'evaluation_failed') }
            : {},
      },
      {
        'documents, document_verification': { came: /^its execution failed$/ },
        'HTTP status of a POST': { came: /^documents: in_progress with 201$/ },
        'a document verification': { came: /^in_progress$/ },
      },
    ],
    [
      'when the evaluation neither finishes nor pauses',
      {
        spoil: (exchange) =>
          isPost(exchange) && exchange.status === 201
            ? { body: exchange.body.replace('evaluation_paused', 'evaluation_in_progress') }
            : {},
      },
      {
        'documents, document_verification': { came: /^still in progress$/ },
        'HTTP status of a POST': { came: /^documents: in_progress with 201$/ },
        'a document verification': { came: /^in_progress$/ },
      },
    ],
    [
      'when the workflow does not reach the capture',
      { identities: { documents: playing('code-then-documents') } },
      { 'a document verification': { came: /^paused for one_time_code$/ } },
    ],
    [
      'when a pause is answered 200',
      { spoil: ({ status }) => (status === 201 ? { status: 200 } : {}) },
      { 'HTTP status of a POST': { came: /^documents: paused with 200$/, remedy: /ask Socure/ } },
    ],
    [
      'when a paused evaluation has no capture link',
      { identities: { documents: playing('no-capture-link') } },
      {
        'documents, document_verification': { came: /^IncompleteAnswer \(HTTP 201\): capture link$/ },
        'fields that are relied upon': { came: /^documents: IncompleteAnswer.*capture link$/ },
      },
    ],
    [
      'when our id is not echoed',
      {
        emulator: {
          scenarios: {
            strange: { passive: [{ faults: [{ at: 'create', kind: 'change', change: { id: 'x' } }] }] },
          },
        },
        identities: { 'valid-passive': playing('strange') },
      },
      {
        'valid-passive, passive': { came: /^WrongEvaluation \(HTTP 200\): id$/ },
        'fields that are relied upon': { came: /WrongEvaluation/ },
      },
    ],
    [
      'when documented fields have other types',
      {
        emulator: {
          faults: [{ at: 'create', kind: 'change', change: { tags: 'none', decision_at: 'today' } }],
        },
      },
      {
        'types of the other fields': { came: /^others in decision_at, tags$/, remedy: /pinned API version/ },
      },
    ],
    [
      'when a GET says something else than the POST',
      {
        emulator: { faults: [{ at: 'read', kind: 'change', change: { decision: 'REVIEW' } }] },
      },
      { 'GET of a finished evaluation': { came: /^another decision$/, remedy: /ask Socure/ } },
    ],
    [
      'when a GET of a paused evaluation has another link',
      {
        spoil: ({ method, body }) =>
          method === 'GET' ? { body: body.replaceAll('/capture/', '/other/') } : {},
      },
      { 'GET of a paused evaluation': { came: /^another url$/ } },
    ],
    [
      'when a GET fails for good',
      {
        spoil: ({ method, path }) =>
          method === 'GET' && !path.endsWith('documents') && path.length > 20
            ? { status: 503, body: '{"message":"Robin Quill is not available"}' }
            : {},
      },
      {
        'GET of a paused evaluation': { came: /^ServerError \(HTTP 503\)$/, remedy: /^try again later/ },
        'GET of a finished evaluation': { came: /^ServerError/ },
        'a wrong key': { came: /^ServerError/ },
        'an unknown eval_id': { came: /^ServerError/ },
      },
    ],
    [
      'when there are images before the capture',
      { emulator: { faults: [{ at: 'documents', kind: 'answer', status: 200, body: 'PK' }] } },
      { 'documents of a paused evaluation': { came: /^a ZIP$/ } },
    ],
    [
      'when the documents of a paused evaluation are another error',
      { emulator: { faults: [{ at: 'documents', kind: 'answer', status: 400, code: 'INVALID_REQUEST' }] } },
      { 'documents of a paused evaluation': { came: /^DataRefused \(HTTP 400, INVALID_REQUEST\)$/ } },
    ],
    [
      'when the pinned API version is refused',
      {
        spoil: (exchange) =>
          isPost(exchange) ? { status: 400, body: '{"message":"unsupported version"}' } : {},
      },
      {
        ...Object.fromEntries(
          example.map(({ name, ['useCase']: useCase }) => [
            `${name}, ${String(useCase)}`,
            { came: /^DataRefused \(HTTP 400\)$/ },
          ]),
        ),
        'pinned API version': {
          came: /^DataRefused \(HTTP 400\) for every request$/,
          remedy: /RISKOS_API_VERSION \(2025-01-01\.orion\)/,
        },
      },
    ],
    [
      'when a wrong key is taken for a good one',
      { emulator: { apiKey: [apiKey, 'another'] }, check: { wrongKey: 'another' } },
      { 'a wrong key': { came: /^taken \(HTTP 200\)$/ } },
    ],
    [
      'when a wrong key is an error of another kind',
      {
        emulator: { apiKey: [apiKey, { key: 'another', environment: 'Production' }] },
        check: { wrongKey: 'another' },
      },
      { 'a wrong key': { came: /^NotFound \(HTTP 404\)$/ } },
    ],
    [
      'when an incomplete request is taken',
      { emulator: { faults: [{ at: 'create', id: '', kind: 'answer', status: 200, body: { id: 'x' } }] } },
      { 'an incomplete request': { came: /^taken \(HTTP 200\)$/ } },
    ],
    [
      'when an incomplete request makes RiskOS fail',
      { emulator: { faults: [{ at: 'create', id: '', kind: 'answer', status: 500 }] } },
      { 'an incomplete request': { came: /^ServerError \(HTTP 500\)$/, remedy: /was not sent again/ } },
    ],
    [
      'when an error has no body that is documented',
      { emulator: { faults: [{ at: 'read', id: '', kind: 'answer', status: 404, body: '<h1>Gone</h1>' }] } },
      { 'an unknown eval_id': { came: /^NotFound \(HTTP 404\), without a documented error body$/ } },
    ],
  ];

  test.each(other)('%s', async (_what, setup, failing) => {
    const { results, failures, of } = await check(setup);
    expect(failures.toSorted()).toEqual(Object.keys(failing).toSorted());
    for (const [name, { came, remedy }] of Object.entries(failing)) {
      expect(of(name)).toMatchObject({
        came: expect.stringMatching(came),
        remedy: expect.stringMatching(remedy ?? /./),
      });
    }
    expect(results.length).toBe(example.length + 13);
  });

  test.each([
    ['a wrong key', { emulator: { apiKey: 'another' } }, /^AuthenticationFailed/, /has no text around it/, 0],
    [
      'a workflow that is not published',
      { identities: { 'valid-passive': playing('workflow-not-published') } },
      /^WorkflowNotPublished/,
      /publish the workflow/,
      0,
    ],
    [
      'the wrong environment',
      { emulator: { environment: 'Production' } },
      /^WrongEnvironment/,
      /environment .* agree/,
      1,
    ],
  ] satisfies [string, Setup, RegExp, RegExp, number][])(
    '%s ends it at the first candidate, and nothing more is sent',
    async (_what, setup, came, remedy, evaluations) => {
      const { results, ledger } = await check(setup);
      expect(results[0]).toMatchObject({
        result: 'failed',
        came: expect.stringMatching(came),
        remedy: expect.stringMatching(remedy),
      });
      expect(ledger.evaluations.length).toBe(evaluations);
      const rest = results.slice(1).filter(({ result }) => result !== 'skipped');
      expect(rest.map(({ check: name, came: what, result }) => [name, what, result])).toEqual(
        evaluations === 0
          ? []
          : [
              ['types of the other fields', '1 answer', 'ok'],
              ['environment_name', 'Production', 'failed'],
              ['pinned API version', 'taken, 1 answer', 'ok'],
            ],
      );
    },
  );

  test('a POST that was perhaps processed is reported, and not sent again', async () => {
    const { of, ledger, waits } = await check({ identities: { documents: playing('error-after') } });
    expect(of('documents,')).toMatchObject({
      result: 'failed',
      came: 'ServerError (HTTP 500, INTERNAL_ERROR)',
      remedy: expect.stringMatching(
        /not sent again: look for the id check-[\w-]{36} in the RiskOS dashboard/,
      ),
    });
    expect(ledger.evaluations.filter(({ event_type }) => event_type === 'docv').length).toBe(1);
    expect(waits).toEqual([]);
  });

  test('a rate limit that does not end is given up', async () => {
    const { results, of, waits } = await check({ emulator: { rateLimit: { perSecond: 0 } } });
    expect(waits).toEqual([1000, 1000, 1000, 1000]);
    expect(of('valid-passive')).toMatchObject({ result: 'failed', came: 'RateLimited (HTTP 429)' });
    expect(results.at(-1)).toMatchObject({ result: 'failed', came: 'given up, it asks for 1 s' });
  });

  test('a wait that is too long for a check is not begun', async () => {
    const { results, waits } = await check({
      spoil: (exchange) =>
        isPost(exchange)
          ? { status: 429, headers: { 'retry-after': '3600' }, body: '{"message":"Too Many Requests"}' }
          : {},
    });
    expect(waits).toEqual([]);
    expect(results.at(-1)).toMatchObject({ result: 'failed', came: 'given up, it asks for 3600 s' });
  });

  test('a rate limit that names no wait is told, although it goes on', async () => {
    let first = true;
    const { failures, of } = await check({
      spoil: (exchange) => {
        if (!isPost(exchange) || !first) return {};
        first = false;
        return { status: 429, body: '{"message":"Too Many Requests"}' };
      },
    });
    expect(failures).toEqual(['waits that RiskOS asks for']);
    expect(of('waits')).toMatchObject({ came: '1 wait, without a length' });
  });

  test('nobody there', async () => {
    const emulator = await emulatorWith();
    await emulator.close();
    const results: CheckResult[] = [];
    for await (const result of checkRiskos({
      riskos: { baseUrl: emulator.url, apiKey, environment: 'Sandbox', workflow: 'hiring' },
      identities: parseIdentities(identitiesWith(), 'identities.json', {}),
      verdicts: {},
      wait: async () => undefined,
    })) {
      results.push(result);
    }
    expect(results[0]).toMatchObject({
      came: 'Unreachable',
      remedy: expect.stringMatching(/^try again later/),
    });
    expect(results.slice(1).every(({ result }) => result === 'skipped')).toBe(true);
  });
});

describe('a file of identities is refused with the field, and never with a value', () => {
  const [first = {}, ...rest] = identitiesWith();
  const candidate = example[0]?.candidate;
  const firstAs = (change: object): unknown => [{ ...first, ...change }, ...rest];
  test.each<[string, unknown, RegExp]>([
    ['no list', { cases: [] }, /^file: the input must be a list of candidates$/],
    ['an unknown use case', firstAs({ useCase: 'Robin' }), /^file: 0\.useCase: /],
    ['no name', firstAs({ name: undefined }), /^file: 0\.name: is missing$/],
    ['a name for people', firstAs({ name: 'Robin Quill' }), /^file: 0\.name: must be 1 to 40 of a-z 0-9 -$/],
    [
      'a name that is the candidate’s',
      firstAs({ name: 'valid-robin' }),
      /^file: 0\.name: must hold nothing of/,
    ],
    ['a field that is missing', firstAs({ candidate: {} }), /0\.candidate\.givenName: is missing/],
    [
      'an e-mail address that is none',
      firstAs({ candidate: { ...candidate, email: 'Robin' } }),
      /^file: 0\.candidate\.email: must be an e-mail address such as/,
    ],
    ['an unknown field', firstAs({ expects: ['Robin'] }), /^file: 0\.expects: is not a known field$/],
    ['nothing expected', firstAs({ expect: [] }), /^file: 0\.expect: must name at least one$/],
    [
      'a word that nobody mapped',
      firstAs({ expect: ['ROBIN'] }),
      /^file: 0\.expect\.0: is a decision word that/,
    ],
    ['a decision of a capture', firstAs({ useCase: 'document_verification', expect: ['ACCEPT'] }), /camera$/],
    ['the same name twice', [first, first, ...rest], /^file: every name must be there only once$/],
    ['nobody valid', rest.slice(1), /valid candidate: "expect": \["ACCEPT"\]$/],
    ['nobody fraudulent', identitiesWith().filter((_, at) => at !== 2 && at !== 3), /fraudulent candidate/],
    ['no document verification', identitiesWith().slice(0, 4), /useCase document_verification/],
  ])('%s', (_what, content, message) => {
    let text = '';
    try {
      parseIdentities(content, 'file', {});
    } catch (error) {
      text = error instanceof Error ? error.message : '';
    }
    expect(text).toMatch(message);
    expect(text).not.toMatch(/robin|quill/i);
  });
});

describe('candidate-funnel check-riskos', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-check-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function fileOf(content: unknown): Promise<string> {
    const path = join(folder, `${Math.random()}.json`);
    await writeFile(path, JSON.stringify(content));
    return path;
  }
  const settings = (url: string) => ({
    RISKOS_BASE_URL: url,
    RISKOS_API_KEY: apiKey,
    RISKOS_ENVIRONMENT: 'Sandbox',
  });

  test('prints a table without colours and borders, and ends with 0', async () => {
    const { url } = await emulatorWith();
    const done = await run(['check-riskos', '--identities', examplePath], settings(url));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^check +expected +came +result\n(.+\n){18}\n17 ok, 0 failed, 1 skipped\n$/);
    expect(done.stdout).toMatch(/^[\x20-\x7e\n]+$/);
  });

  test('really waits when it is told to, and passes then', async () => {
    const { url } = await emulatorWith();
    const path = await fileOf(
      identitiesWith({ 'valid-passive': playing('rate-limited'), documents: playing('rate-limited') }),
    );
    const done = await run(['check-riskos', '--identities', path, '--json'], settings(url));
    const lines = done.stdout
      .trim()
      .split('\n')
      .map((line) => z.looseObject({}).parse(JSON.parse(line)));
    expect(lines.at(-1)).toMatchObject({ group: 'retries', came: '2 waits as asked', result: 'ok' });
    expect(done).toMatchObject({ code: 0, stderr: '' });
  });

  test('ends with 1 when a check has failed, with a line of what to do', async () => {
    const { url } = await emulatorWith();
    const path = await fileOf(identitiesWith({ 'valid-passive': playing('passive-reject') }));
    const done = await run(['check-riskos', '--identities', path], settings(url));
    expect(done).toMatchObject({ code: 1, stderr: '' });
    expect(done.stdout).toMatch(/^valid-passive, passive: look at the evaluation/m);
  });

  test('logs each call when asked to, without a value of the candidate or the key', async () => {
    const { url } = await emulatorWith();
    const env = { ...settings(url), LOG_LEVEL: 'debug' };
    const done = await run(['check-riskos', '--identities', examplePath], env);
    expect(done.stderr).toMatch(/RiskOS request/);
    for (const secret of secrets) expect(done.stderr).not.toContain(secret);
  });

  test.each<[string, string[], Record<string, string>, RegExp]>([
    ['no file', [], {}, /required option '--identities <file>' not specified/],
    ['a file that is not there', ['--identities', 'nowhere.json'], {}, /nowhere\.json cannot be read/],
    [
      'no key',
      ['--identities', examplePath],
      { RISKOS_API_KEY: '' },
      /RISKOS_API_KEY \(or RISKOS_API_KEY_FILE\) is not set/,
    ],
    [
      'production, unless that is said',
      ['--identities', examplePath],
      { RISKOS_ENVIRONMENT: 'Production' },
      /RISKOS_ENVIRONMENT is Production.*--production/,
    ],
    [
      'a policy that is none',
      ['--identities', examplePath],
      { FUNNEL_POLICY_FILE: examplePath },
      /identities\.json: /,
    ],
  ])('refuses %s in one line', async (_what, args, env, message) => {
    const done = await run(['check-riskos', ...args], { ...settings('http://127.0.0.1:1'), ...env });
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(done.stderr.trim().split('\n').length).toBe(1);
  });
});

const sandboxKey = process.env['RISKOS_SANDBOX_API_KEY'];
describe('the checklist against Socure', () => {
  test.skipIf(!sandboxKey)(
    'passes at the real sandbox (skipped unless RISKOS_SANDBOX_API_KEY is set)',
    { timeout: 600_000 },
    async () => {
      const path = process.env['RISKOS_SANDBOX_IDENTITIES'] ?? examplePath;
      const failures: CheckResult[] = [];
      for await (const result of checkRiskos({
        riskos: {
          baseUrl: process.env['RISKOS_SANDBOX_BASE_URL'] ?? 'https://riskos.sandbox.socure.com',
          apiKey: sandboxKey ?? '',
          environment: 'Sandbox',
          workflow: process.env['RISKOS_SANDBOX_WORKFLOW'] ?? 'workforce_verification',
        },
        identities: parseIdentities(JSON.parse(await readFile(path, 'utf8')), path, {}),
        verdicts: {},
        wait: setTimeout,
      })) {
        if (result.result === 'failed') failures.push(result);
      }
      expect(failures).toEqual([]);
    },
  );
});
