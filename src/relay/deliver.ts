import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseEvaluationId, type RiskosEvent } from '../contract/index.ts';
import { parseWebhook, RiskosError, type WebhookEvent } from '../riskos/index.ts';
import type { Authenticator } from './authenticate.ts';
import { type Body, type BodyLimits, readBody } from '../http-server/body.ts';
import type { Outcome } from './outcome.ts';
import type { Signaller } from './signal.ts';

/** One POST to the webhook's address, of whatever HTTP server. */
interface Delivery {
  authorization: string | undefined;
  contentEncoding: string | undefined;
  body: Readable;
}

export interface DeliverOptions {
  authenticator: Pick<Authenticator, 'check'>;
  signaller: Pick<Signaller, 'signal'>;
  limits: BodyLimits & {
    /** Authenticated deliveries that are handled at the same time. */
    inFlight: number;
  };
}

export interface Deliverer {
  /** Never rejects because of the event. Resolves once Temporal has taken the signal, or no funnel waits for it. */
  deliver: (delivery: Delivery) => Promise<Outcome>;
  inFlight(): number;
}

/** What the relay does with a delivery, without any HTTP framework. Nothing is read before its sender is known. */
export function createDeliverer({ authenticator, signaller, limits }: DeliverOptions): Deliverer {
  let inFlight = 0;

  async function take({ contentEncoding, body: stream }: Delivery): Promise<Outcome> {
    const body = await readBody(stream, contentEncoding, limits);
    if (typeof body === 'string') return { refused: body };
    const event = eventOf(body);
    if (!event) return { refused: 'not_an_event' };
    const { eventType, evaluationId } = event;
    const eventId = event.eventId ?? digestOf(body);
    const shown = showable.test(eventId) ? { eventId } : {};
    const key = evaluationId === undefined ? undefined : parseEvaluationId(evaluationId);
    // An id that is not ours can contain anything, so it is never logged.
    if (evaluationId === undefined || !key) {
      return { result: event.isTestPing ? 'test_ping' : 'not_ours', trace: { ...shown, eventType } };
    }
    const signal = signalOf(event, eventId, evaluationId);
    const delivered = await signaller.signal(key.applicationId, signal);
    return delivered === 'signalled' || delivered === 'no_open_funnel'
      ? { result: delivered, trace: { ...shown, eventType, evaluationId } }
      : { refused: delivered };
  }

  return {
    inFlight: () => inFlight,
    deliver: async (delivery) => {
      const refused = await authenticator.check(delivery.authorization);
      if (refused) return { refused };
      if (inFlight >= limits.inFlight) return { refused: 'too_many_in_flight' };
      inFlight += 1;
      try {
        return await take(delivery);
      } finally {
        inFlight -= 1;
      }
    },
  };
}

/** Any text can be an id. Only what looks like one is logged. */
const showable = /^[\w.:~-]{1,200}$/;

function eventOf({ json }: Body): WebhookEvent | undefined {
  try {
    return parseWebhook(json);
  } catch (error) {
    if (error instanceof RiskosError) return undefined;
    throw error;
  }
}

/** For an event without a usable id: the same for each delivery of the same bytes, so that the funnel sees it once. */
function digestOf({ bytes }: Body): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Ids, type, time and a capture step: nothing of what the event says happened. */
function signalOf(event: WebhookEvent, eventId: string, evaluationId: string): RiskosEvent {
  const { eventType, eventAt, evalId, progress } = event;
  return {
    eventId,
    eventType,
    evaluationId,
    ...(eventAt === undefined ? {} : { eventAt }),
    ...(evalId === undefined ? {} : { evalId }),
    ...(progress === undefined ? {} : { progress }),
  };
}
