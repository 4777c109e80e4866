import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import {
  createFunnelClient,
  type Funnel,
  type FunnelClient,
  temporalClient,
} from '../../src/client/index.ts';
import { createPayloadIdentity, encryptedClient, openKeyStore } from '../../src/codec/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { createTestIssuer } from '../../src/relay/testing.ts';
import { bytesIn, canariesIn } from '../support/canary.ts';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { forward, serve, type Served } from '../support/serve.ts';
import { quickPolicy, until } from '../support/world.ts';

type Payload = proto.api.common.v1.IPayload;

/** Part of each canary, so that none is anywhere by chance. */
const of = randomBytes(4).toString('hex');
const digits = String(Number.parseInt(of.slice(0, 6), 16)).padStart(8, '3');
const name = of.replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)));
const device = {
  id: `canary-device-${of}`,
  session: `canary-device-session-${of}`,
  fingerprint: `canary-fingerprint-${of}`,
  userAgent: `Canary/1 (${of}; "quoted" & <odd>)`,
  ipIsp: `canary isp ${of}`,
  ipCity: `Canaryport ${of}`,
} as const;
const candidate = {
  givenName: `Zoë${name}`,
  familyName: `O'Canary ${name}`,
  email: `canary.mail.${of}@example.test`,
  phoneNumber: `+1415${digits.slice(-7)}`,
  diSessionToken: `canary-di-session-${of}`,
  dateOfBirth: '1931-02-27',
  nationalId: `90${digits.slice(-7)}`,
  ipAddress: `2001:db8:${of.slice(0, 4)}:${of.slice(4)}::77`,
  externalDevice: device,
  address: {
    line1: `7 Canary Street & ${of}`,
    line2: `Flat/${of}`,
    locality: `Canaryville-${of}`,
    minorAdminDivision: `Canary County ${of}`,
    majorAdminDivision: 'OR',
    country: 'US',
    postalCode: `9${digits.slice(-5)}-${digits.slice(0, 4)}`,
  },
} as const;
const secret = (what: string) => `canary-${what}-${randomBytes(12).toString('hex')}`;
const apiKey = secret('api-key');
const webhookToken = secret('webhook-token');
const noticeSecret = randomBytes(24).toString('base64');
/** What an operator writes of a candidate, and what is sent to the wrong door. */
const reason = `canary reason ${of}`;

const { address, externalDevice, ...person } = candidate;
const canaries: Record<string, string> = {
  ...person,
  ...Object.fromEntries(Object.entries(externalDevice).map(([field, value]) => [`device ${field}`, value])),
  ...Object.fromEntries(Object.entries(address).filter(([, value]) => value.length > 3)),
  reason,
  apiKey,
  webhookToken,
  noticeSecret,
};

let folder: string;
let temporal: DevServer;
let temporalLog = '';
let riskos: Served;
let receiver: Served;
let issuerUrl: Served;
let sighted: Client;
let funnels: FunnelClient;
const processes: Record<string, Running> = {};
/** What each process wrote. */
const written: Record<string, () => string> = {};
const urls: Record<string, string> = {};
const answers: string[] = [];
const taskQueue = `canary-${of}`;
const spoilt: string[] = [];
let codecToken = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-canary-'));
  await mkdir(join(folder, 'temporal'));
  temporal = await startDevServer({
    binary: await findTemporal({ env: process.env, onProgress: () => {} }),
    uiPort: false,
    dbFile: join(folder, 'temporal/temporal.sqlite'),
    onLog: (line) => (temporalLog += `${line}\n`),
  });
  const relayPort = await getPort({ host: '127.0.0.1' });
  const run = async (what: string, args: string[], env: Record<string, string>, ready: RegExp) => {
    const running = await startProcess(
      args,
      { TEMPORAL_ADDRESS: temporal.address, LOG_LEVEL: 'trace', ...env },
      ready,
    );
    let answered = '';
    running.stdout?.on('data', (chunk: Buffer) => (answered += chunk.toString()));
    processes[what] = running;
    written[what] = () => running.log() + answered;
    urls[what] = `http://${/"address":"(?:http:\/\/)?([^"]+)"/.exec(running.log())?.[1] ?? ''}`;
  };
  await run(
    'emulator',
    [
      'emulator',
      '--port=0',
      `--api-key=${apiKey}`,
      `--webhook-url=http://127.0.0.1:${relayPort}/webhooks/riskos`,
      `--webhook-token=${webhookToken}`,
      '--pace=20',
    ],
    {},
    /RiskOS emulator listens/,
  );
  riskos = await serve(spoil);
  receiver = await serve(refuseNotices);
  const issuer = await createTestIssuer();
  issuerUrl = await serve(async (_, outgoing) => {
    outgoing.end(await (await issuer.fetch(issuer.options.jwksUrl)).text());
  });
  codecToken = await issuer.token({ claims: { sub: 'ada', roles: ['codec-all'] } });
  canaries['codecToken'] = codecToken;

  const { identity, recipient } = await createPayloadIdentity();
  canaries['payloadIdentity'] = identity;
  const keyStoreUrl = pathToFileURL(join(folder, 'keys')).href;
  const keys = { KEY_STORE_URL: keyStoreUrl, PAYLOAD_RECIPIENTS: recipient, PAYLOAD_IDENTITY: identity };
  await run(
    'relay',
    ['relay'],
    { RELAY_PORT: String(relayPort), RELAY_BEARER_TOKENS: webhookToken },
    /relay listens/,
  );
  await run(
    'codec server',
    ['codec-server'],
    {
      ...keys,
      CODEC_PORT: '0',
      CODEC_JWKS_URL: `${issuerUrl.url}/keys`,
      CODEC_ISSUER: [issuer.options.issuer].flat().join(','),
      CODEC_AUDIENCE: [issuer.options.audience].flat().join(','),
    },
    /codec server listens/,
  );
  const [workerMetrics, monitorMetrics] = [
    `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`,
    `127.0.0.1:${await getPort({ host: '127.0.0.1' })}`,
  ];
  await run('monitor', ['monitor'], { METRICS_ADDRESS: monitorMetrics }, /monitor listens/);
  await run(
    'worker',
    ['worker'],
    {
      ...keys,
      PAYLOAD_ENCRYPTION: 'on',
      FUNNEL_TASK_QUEUE: taskQueue,
      RISKOS_BASE_URL: riskos.url,
      RISKOS_API_KEY: apiKey,
      RISKOS_ENVIRONMENT: 'Sandbox',
      ARCHIVE_URL: pathToFileURL(join(folder, 'images')).href,
      ARCHIVE_RECIPIENTS: (await createArchiveKey()).recipient,
      NOTIFY_URL: `${receiver.url}/hr`,
      NOTIFY_SECRETS: `whsec_${noticeSecret}`,
      METRICS_ADDRESS: workerMetrics,
    },
    /worker runs/,
  );
  urls['worker'] = `http://${workerMetrics}`;
  urls['monitor'] = `http://${monitorMetrics}`;

  const store = openKeyStore({ url: keyStoreUrl, recipients: [recipient], identity });
  const { connection } = temporalClient(temporal.address);
  sighted = new Client({ connection, ...encryptedClient(store) });
  funnels = createFunnelClient({ temporal: sighted, taskQueue, deadline: 60_000 });
});
afterAll(async () => {
  for (const running of Object.values(processes)) await killProcess(running);
  await sighted?.connection.close();
  for (const served of [riskos, receiver, issuerUrl]) await served?.close();
  await temporal?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that was sent, as the hostile or careless repeat it. */
const echo = (body: string) =>
  JSON.stringify({
    message: `cannot take ${body}`,
    code: reason,
    details: candidate,
    invalid_args: [candidate],
  });

const evaluationsOf: Record<string, string> = {};

/** RiskOS, which repeats what it was sent in what it answers to some. */
async function spoil(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const { method = 'GET', url: path = '/' } = incoming;
  const answer = (status: number, text: string) => {
    spoilt.push(`${method} ${status}`);
    outgoing.writeHead(status, { 'content-type': 'application/json', 'x-canary': 'yes' }).end(text);
  };
  const sent = body.toString();
  if (method === 'POST' && sent.includes('"id":"refused-')) return answer(400, echo(sent));
  if (method === 'POST' && sent.includes('"id":"broken-')) return answer(200, `${sent} is no JSON of RiskOS`);
  if (method === 'POST' && sent.includes('"id":"failing-') && count('POST 500') < 2)
    return answer(500, echo(sent));
  const id = path.split('/')[3] ?? '';
  if (method === 'GET' && evaluationsOf[id]?.startsWith('unread-') && count('GET 502') < 2) {
    return answer(502, `<p>${candidate.familyName} ${JSON.stringify(candidate)}</p>`);
  }
  if (path.endsWith('/documents') && evaluationsOf[id]?.startsWith('imageless-')) {
    return answer(403, echo(JSON.stringify(candidate)));
  }
  const { answer: given, content } = await forward(incoming, body, urls['emulator'] ?? '');
  if (method === 'POST') {
    const made = /"eval_id":"([^"]+)"/.exec(content.toString())?.[1];
    if (made) evaluationsOf[made] = /"id":"([^"]+)"/.exec(sent)?.[1] ?? '';
  }
  outgoing
    .writeHead(given.statusCode, { 'content-type': String(given.headers['content-type']) })
    .end(content);
}

const count = (what: string) => spoilt.filter((one) => one === what).length;
const refusedNotices: number[] = [];

/** HR's system, which repeats the notices that it does not take. */
async function refuseNotices(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = (await buffer(incoming)).toString();
  const status = body.includes('"refused-') ? 410 : refusedNotices.length < 3 ? 500 : 200;
  if (status !== 200) refusedNotices.push(status);
  outgoing.writeHead(status).end(`${body} ${JSON.stringify(candidate)}`);
}

const idOf = (what: string) => `${what}-${of}`;

async function start(what: string, scenario: string, asks: 'on_request' | 'immediately' = 'immediately') {
  return funnels.startFunnel({
    applicationId: idOf(what),
    candidate,
    policy: { ...quickPolicy, documents: { ...quickPolicy.documents, start: asks } },
    custom: { scenario, note: reason },
  });
}

async function send(what: string, path: string, init: RequestInit = {}): Promise<void> {
  const answer = await fetch(`${urls[what]}${path}`, { method: 'POST', ...init });
  answers.push(`${what} ${path.split('?')[0]?.slice(0, 8)} ${answer.status}\n${await answer.text()}`);
}

const logs = (what: string) => written[what]?.() ?? '';

/** Real lives, and everything that can go wrong on the way. */
async function live(): Promise<Funnel[]> {
  const happy = await start('happy', 'resubmit-then-accept');
  const all = [
    happy,
    await start('refused', 'accept'),
    await start('broken', 'accept'),
    await start('failing', 'accept'),
    await start('unread', 'accept'),
    await start('imageless', 'accept'),
    await start('poisoned', 'accept', 'on_request'),
  ];
  const [, refused, , failing, unread, imageless, poisoned] = all;
  if (!refused || !failing || !unread || !imageless || !poisoned) throw new Error('not started');
  const asked = await until(happy, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  if (asked.nextAction.kind === 'show_capture_link') {
    canaries['link'] = asked.nextAction.url;
    canaries['transactionToken'] = asked.nextAction.transactionToken ?? asked.nextAction.url;
  }

  // Updates that are refused: in the wrong stage, and for what is in them.
  await expect(happy.complete({ by: candidate.email })).rejects.toMatchObject({ type: 'WrongStage' });
  const wrong = { ...candidate, email: `${candidate.email} @`, address: { ...address, country: reason } };
  await expect(happy.correct({ candidate: wrong, by: candidate.familyName })).rejects.toThrow(/must be/);
  const handle = sighted.workflow.getHandle(`funnel-${happy.applicationId}`);
  await expect(handle.executeUpdate('review', { args: [candidate] })).rejects.toThrow(/Update failed/);

  // A workflow that fails at its start, a task that fails, a payload of another funnel.
  const failed = await sighted.workflow.start('candidateFunnel', {
    workflowId: `funnel-${idOf('invalid')}`,
    taskQueue,
    args: [{ applicationId: idOf('invalid'), candidate: wrong, givenname: candidate.givenName }],
  });
  await expect(failed.result()).rejects.toThrow(/failed/);
  await handle.signal('riskosEvent', candidate);
  await until(poisoned, ({ nextAction }) => nextAction.kind === 'request_documents');
  const described = await sighted.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId: `funnel-${happy.applicationId}` },
  });
  const foreign = described.workflowExecutionInfo?.memo?.fields?.['private'];
  if (!foreign) throw new Error('there is no encrypted payload to replay');
  await sighted.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `funnel-${poisoned.applicationId}` },
    signalName: 'riskosEvent',
    input: { payloads: [foreign] },
  });

  await sendNonsense();
  await until(refused, ({ nextAction }) => nextAction.kind === 'needs_attention');
  for (const funnel of [happy, failing, unread, imageless])
    await until(funnel, ({ stage }) => stage === 'verified');
  await expect.poll(async () => (await happy.status()).images).toMatchObject([{ result: 'archived' }]);
  await expect.poll(async () => (await imageless.status()).images[0]?.result).not.toBe('archived');
  await expect
    .poll(() => [count('POST 400'), count('POST 200'), count('GET 502')].every((n) => n > 0))
    .toBe(true);
  await expect.poll(() => refusedNotices).toEqual(expect.arrayContaining([410, 500]));
  await expect.poll(() => logs('worker')).toMatch(/PayloadMisplaced/);
  await expect.poll(() => logs('worker')).toMatch(/Workflow failed/);
  await happy.withdraw({ by: candidate.familyName, reason });
  await happy.result();
  return all;
}

/** To each door what belongs elsewhere. */
async function sendNonsense(): Promise<void> {
  const body = JSON.stringify(candidate);
  const json = { 'content-type': 'application/json' };
  const bearer = (token: string) => ({ ...json, 'x-namespace': 'default', authorization: `Bearer ${token}` });
  const query = `?email=${encodeURIComponent(candidate.email)}&name=${encodeURIComponent(candidate.familyName)}`;
  for (const what of Object.keys(urls)) {
    await send(what, `/${candidate.nationalId}/${encodeURIComponent(candidate.familyName)}${query}`, {
      body,
    });
    await send(what, `/metrics${query}`, {
      method: 'GET',
      headers: { [candidate.diSessionToken]: candidate.email },
    });
    await send(what, `/%ff${candidate.nationalId}`, { method: 'GET' });
  }
  for (const sent of [
    body,
    `${body} {`,
    JSON.stringify({ event_id: reason, data: { ...candidate, id: reason } }),
  ]) {
    await send('relay', `/webhooks/riskos${query}`, { headers: bearer(webhookToken), body: sent });
    await send('relay', '/webhooks/riskos', { headers: bearer(candidate.diSessionToken), body: sent });
    for (const token of [codecToken, candidate.diSessionToken]) {
      await send('codec server', `/decode${query}`, { headers: bearer(token), body: sent });
      await send('codec server', `/encode?workflowId=${encodeURIComponent(reason)}`, {
        headers: bearer(token),
        body: sent,
      });
    }
    await send('emulator', '/api/evaluation', { headers: bearer(apiKey), body: sent });
    await send('emulator', `/api/evaluation/${candidate.nationalId}`, {
      headers: bearer(apiKey),
      body: sent,
      method: 'PATCH',
    });
    await send('emulator', '/api/evaluation', { headers: bearer(candidate.diSessionToken), body: sent });
    await send('emulator', `/capture/${candidate.nationalId}`, { method: 'GET' });
  }
  const payload = { metadata: { encoding: btoa('json/plain') }, data: Buffer.from(body).toString('base64') };
  const odd = {
    metadata: {
      encoding: btoa('binary/encrypted-1'),
      'encryption-key-id': btoa('0123456789abcdef'),
      'encryption-namespace': btoa('default'),
      'encryption-workflow-id': btoa(`funnel-${idOf('happy')}`),
    },
    data: Buffer.from(body).toString('base64'),
  };
  // What is in clear, an answer of the codec server repeats: that is its purpose, so it is not looked at.
  await fetch(`${urls['codec server']}/decode`, {
    method: 'POST',
    headers: bearer(codecToken),
    body: JSON.stringify({ payloads: [payload] }),
  });
  await send('codec server', '/decode', {
    headers: bearer(codecToken),
    body: JSON.stringify({ payloads: [odd] }),
  });
}

/** Everything of the workflows that anybody can read in Temporal, some of it opened with the keys. */
async function inTemporal() {
  const { workflowService } = sighted;
  const [codec] = encryptedCodecs();
  const { executions } = await workflowService.listWorkflowExecutions({ namespace: 'default' });
  const found = {
    ids: [] as string[],
    attributes: [] as string[],
    shown: [] as string[],
    failures: [] as string[],
  };
  const texts = async (payload: Payload | null | undefined) => {
    if (!payload) return '';
    const [opened] = (await codec?.decode([payload])) ?? [];
    return Buffer.from(opened?.data ?? []).toString();
  };
  for (const { execution, searchAttributes } of executions) {
    found.ids.push(`${execution?.workflowId} ${execution?.runId}`);
    for (const payload of Object.values(searchAttributes?.indexedFields ?? {})) {
      found.attributes.push(Buffer.from(payload.data ?? []).toString());
    }
    const { history } = await workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: execution ?? {},
    });
    for (const node of nodesIn(history?.events)) {
      if ('encodedAttributes' in node && node.encodedAttributes)
        found.failures.push(await texts(node.encodedAttributes));
      if ('stackTrace' in node)
        found.failures.push(JSON.stringify([node.stackTrace, 'message' in node ? node.message : '']));
    }
    for (const { userMetadata } of history?.events ?? []) {
      found.shown.push(await texts(userMetadata?.summary), await texts(userMetadata?.details));
    }
    const handle = sighted.workflow.getHandle(execution?.workflowId ?? '');
    for (const query of ['__temporal_workflow_metadata', '__stack_trace']) {
      const answer = await handle.query(query).catch((error: unknown) => String(error));
      (query === '__stack_trace' ? found.failures : found.shown).push(JSON.stringify(answer));
    }
  }
  return found;
}

const encryptedCodecs = () => sighted.options.loadedDataConverter.payloadCodecs;

function* nodesIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  yield value;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

interface Place {
  place: string;
  what: string;
  text: string;
  /** What is surely there, so that an empty place is not taken for a clean one. */
  sign: string;
}

async function places(): Promise<Place[]> {
  const found = await inTemporal();
  const metrics = async (what: string) => (await fetch(`${urls[what]}/metrics`)).text();
  const log = (what: string) => ({
    place: `log: ${what}`,
    what: 'the whole log at `LOG_LEVEL=trace`',
    text: logs(what),
  });
  const measured = async (what: string) => ({
    place: `metrics: ${what}`,
    what: '`/metrics`',
    text: await metrics(what),
  });
  return [
    { ...log('worker'), sign: `funnel-${idOf('happy')}` },
    { ...log('relay'), sign: `${idOf('happy')}~` },
    { ...log('codec server'), sign: '"audit":"decode"' },
    { ...log('monitor'), sign: 'monitor listens' },
    { ...log('emulator'), sign: '/api/evaluation/:evalId' },
    { place: "log: Temporal's server", what: 'the whole log', text: `${temporalLog}.`, sign: '.' },
    { ...(await measured('worker')), sign: 'temporal_workflow_task_execution_latency' },
    { ...(await measured('relay')), sign: 'candidate_funnel_webhooks_total' },
    { ...(await measured('codec server')), sign: 'candidate_funnel_codec_payloads_total' },
    { ...(await measured('monitor')), sign: 'candidate_funnel_funnels' },
    { place: 'Temporal: ids', what: 'workflow and run ids', text: found.ids.join('\n'), sign: idOf('happy') },
    {
      place: 'Temporal: search attributes',
      what: 'of all workflows',
      text: found.attributes.join('\n'),
      sign: 'closed',
    },
    {
      place: 'Temporal: summaries, current details',
      what: 'decrypted',
      text: found.shown.join('\n'),
      sign: 'document',
    },
    {
      place: 'Temporal: failures, stack traces',
      what: 'decrypted',
      text: found.failures.join('\n'),
      sign: 'must be an e-mail address',
    },
    {
      place: "Temporal's database",
      what: 'the bytes of its SQLite files',
      text: await bytesIn(join(folder, 'temporal')),
      sign: idOf('happy'),
    },
    {
      place: 'archive',
      what: 'the bytes of all objects',
      text: await bytesIn(join(folder, 'images')),
      sign: idOf('happy'),
    },
    {
      place: 'key store',
      what: 'the bytes of all objects',
      text: await bytesIn(join(folder, 'keys')),
      sign: idOf('happy'),
    },
    {
      place: 'HTTP answers',
      what: 'of every process to refused requests',
      text: answers.join('\n'),
      sign: 'relay /webhook',
    },
  ];
}

test('every field of a candidate, and every secret, is looked for everywhere and found nowhere', async () => {
  await live();
  const looked = await places();
  const rows = looked.map(({ place, what, text }) => ({ place, what, hits: canariesIn(text, canaries) }));
  const table = rows.map(({ place, what, hits }) => `| ${place} | ${what} | ${hits.length} |`).join('\n');
  process.stderr.write(`\n${table}\n`);
  expect(looked.filter(({ text, sign }) => !text.includes(sign)).map(({ place }) => place)).toEqual([]);
  expect(rows.filter(({ hits }) => hits.length > 0)).toEqual([]);
  for (const line of ['worker', 'relay', 'codec server', 'monitor', 'emulator'].flatMap((what) =>
    logs(what).trim().split('\n'),
  )) {
    expect(JSON.parse(line)).toMatchObject({
      level: expect.any(String),
      time: expect.any(String),
      name: expect.any(String),
    });
  }
  expect(looked.find(({ place }) => place === 'log: worker')?.text).not.toMatch(/task_?token/i);
  const security = (await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8')).replaceAll(
    / +/g,
    ' ',
  );
  for (const row of table.split('\n')) expect(security).toContain(row);
});
