import type { Client } from '@temporalio/client';
import {
  type DataConverter,
  defaultPayloadConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { restoreState } from '../../../workflows/state.ts';
import { CodecError, type KeyStore, labelOf, workerConverter } from '../../codec/index.ts';
import { workflowType } from '../../contract/index.ts';
import { listExecutions } from '../../client/execution.ts';
import { bundlePath, encryptedBundlePath } from '../../worker/bundle-path.ts';

/** What the workflow code of this build makes of one run. */
export interface Replayed {
  workflowId: string;
  runId: string;
  /** `breaks`: its next task would fail; `unreadable`: its payloads cannot be decrypted with the keys here. */
  result: 'replays' | 'breaks' | 'unreadable';
  /** Why, in one line without a value of the candidate; `null` when it replays. */
  reason: string | null;
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
interface Run {
  workflowId: string;
  runId: string;
  history: History;
}

/** Replays the workflows of a query with the bundle of this build, the latest first, and reads the states that they pass on. */
export async function* replays(
  client: Client,
  keys: KeyStore | undefined,
  { query, limit }: { query: string; limit: number },
): AsyncIterable<Replayed> {
  const { namespace } = client.options;
  const dataConverter: DataConverter = keys ? workerConverter(keys) : {};
  const options = {
    workflowBundle: { codePath: keys ? encryptedBundlePath : bundlePath },
    dataConverter,
    // Payloads are bound to it; the SDK passes it on, although its type leaves it out.
    namespace,
  };
  const runs = begunRuns(client, query, limit);
  let current: Run | undefined;
  const unread: Replayed[] = [];
  const next = async (): Promise<IteratorResult<Run>> => {
    current = undefined;
    for (;;) {
      const { value, done } = await runs.next();
      if (done) return { value: undefined, done };
      const fault = await payloadFault(value, dataConverter, namespace);
      if (fault === undefined) {
        current = value;
        return { value };
      }
      unread.push({ ...idOf(value), ...fault });
    }
  };
  for (;;) {
    try {
      const histories = { [Symbol.asyncIterator]: () => ({ next }) };
      for await (const { error } of Worker.runReplayHistories(options, histories)) {
        yield* unread.splice(0);
        if (current) yield { ...idOf(current), ...outcomeOf(error) };
      }
      yield* unread.splice(0);
      return;
    } catch (error) {
      // A replay that ends the SDK's worker is one that breaks; the others go on with another worker.
      if (!current) throw error;
      yield { ...idOf(current), ...outcomeOf(error) };
    }
  }
}

export function inWords({ workflowId, runId, result, reason }: Replayed): string {
  return `${result === 'breaks' ? 'would break' : 'cannot be read'}: ${workflowId} (run ${runId}): ${reason ?? ''}`;
}

type Outcome = Pick<Replayed, 'result' | 'reason'>;

function outcomeOf(error: unknown): Outcome {
  return error === undefined
    ? { result: 'replays', reason: null }
    : { result: 'breaks', reason: lineOf(error) };
}

/** The SDK's words before the stack, which names files and no data. */
function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.replace(/^Replay failed .*?Details: /s, '').split('\n', 1)[0] ?? text).slice(0, 500);
}

function idOf({ workflowId, runId }: Run): { workflowId: string; runId: string } {
  return { workflowId, runId };
}

/** Why the payloads of a run cannot be decrypted, or its carried states cannot be read by this build. */
async function payloadFault(
  { workflowId, history }: Run,
  { payloadCodecs = [] }: DataConverter,
  namespace: string,
): Promise<Outcome | undefined> {
  const events = history.events ?? [];
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
  try {
    for (const of of [started, continued]) {
      const payloads = await decoded(of?.input?.payloads ?? [], payloadCodecs, { namespace, workflowId });
      const state = payloads[1];
      const carries = of === continued || Boolean(started?.continuedExecutionRunId);
      if (!state || !carries || of?.workflowType?.name !== workflowType) continue;
      restoreState(defaultPayloadConverter.fromPayload(state));
    }
    return undefined;
  } catch (error) {
    return { result: error instanceof CodecError ? 'unreadable' : 'breaks', reason: lineOf(error) };
  }
}

async function decoded(
  payloads: Payload[],
  codecs: PayloadCodec[],
  place: { namespace: string; workflowId: string },
): Promise<Payload[]> {
  if (codecs.length === 0 && payloads.some((payload) => labelOf(payload)))
    throw new CodecError(
      'KeyMissing',
      'it is encrypted, and no keys are set here: set KEY_STORE_URL, PAYLOAD_RECIPIENTS and PAYLOAD_IDENTITY',
    );
  let clear = payloads;
  for (const codec of codecs) clear = await codec.decode(clear, { type: 'workflow', ...place });
  return clear;
}

/** A run whose first workflow task has not completed has nothing to replay. */
async function* begunRuns(client: Client, query: string, limit: number): AsyncGenerator<Run, undefined> {
  const types = workflowTypes.map((type) => `'${type}'`).join(', ');
  let count = 0;
  for await (const { execution } of listExecutions(client, `WorkflowType IN (${types}) AND (${query})`)) {
    if (count >= limit) return;
    const { workflowId = '', runId = '' } = execution ?? {};
    const history = await client.workflow.getHandle(workflowId ?? '', runId ?? '').fetchHistory();
    if (!history.events?.some((event) => event.workflowTaskCompletedEventAttributes)) continue;
    count += 1;
    yield { workflowId: workflowId ?? '', runId: runId ?? '', history };
  }
}

const workflowTypes = [workflowType, 'imageRetention', 'noticeDelivery'];
