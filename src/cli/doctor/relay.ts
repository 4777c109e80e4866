import { randomUUID } from 'node:crypto';
import { readSettings, relaySettings } from '../../config.ts';
import { type DeliveryAuthorisation, makeDelivery } from '../../relay/index.ts';
import { type Finding, fault, ok, skipped, unlessUnset } from './finding.ts';
import { lookHere, urlHere } from './here.ts';
import { ask } from './http.ts';

/** The relay of this machine. */
export async function lookAtRelay(): Promise<Finding> {
  if (!hasRelaySettings()) {
    return skipped('relay', 'not set up here: no setting of it is set');
  }
  return unlessUnset('relay', [], async () => {
    const { RELAY_HOST, RELAY_PORT } = readSettings(relaySettings);
    return lookHere('relay', urlHere(RELAY_HOST, RELAY_PORT), {
      settings: 'RELAY_HOST and RELAY_PORT',
      verb: 'relay',
      cause: 'Temporal',
    });
  });
}

function hasRelaySettings(): boolean {
  return Object.keys(process.env).some((name) => name.startsWith('RELAY_'));
}

const outside = 'relay from outside';

/**
 * Sends a test ping to the relay's public address, as RiskOS's dashboard does: with the first secret of the settings. The relay
 * answers it without a signal.
 */
export async function pingRelay(url: string | undefined): Promise<Finding> {
  if (url === undefined) {
    return skipped(
      outside,
      'not pinged: run it where the internet is, with --relay https://…/webhooks/riskos',
    );
  }
  return unlessUnset(outside, [], async () => {
    const authorisation = authorisationOfSettings();
    const answer = await ask(addressOf(url), makeDelivery(authorisation, ping()));
    if (typeof answer === 'string') {
      return fault(outside, `cannot be reached: ${answer}`, 'check DNS, certificate, firewall and proxy');
    }
    const { status, body } = answer;
    if (status === 200 && isTaken(body))
      return ok(outside, 'answers a ping, and takes the secret of RELAY_…');
    if (status === 401) return refused(authorisation, answer.header('www-authenticate'));
    if (status === 200) {
      return fault(
        outside,
        'answers 200, and is no relay',
        'correct the address, or what the proxy does with it',
      );
    }
    const remedy = remedies[status] ?? 'look at the log of the relay, and at the proxy before it';
    return fault(outside, `answers HTTP ${status}`, remedy);
  });
}

const remedies: Partial<Record<number, string>> = {
  404: 'correct the address: webhooks go to /webhooks/riskos, under the prefix of the proxy if it has one',
  429: 'wait, or set RELAY_TRUSTED_PROXIES: behind a proxy all senders count as one',
  502: 'the proxy does not reach the relay: check its upstream',
  503: 'look at the log of the relay: it says why it takes nothing',
  504: 'the proxy does not reach the relay: check its upstream',
};

/** RiskOS's ping of a webhook: the relay counts it as "test_ping" and signals nobody. */
function ping() {
  return { event_type: 'evaluation_completed', data: { id: `verify-ping-${randomUUID()}` } };
}

function isTaken(body: string): boolean {
  return /"result":\s*"test_ping"/.test(body);
}

function addressOf(url: string): string {
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/webhooks/riskos';
  return address.href;
}

/** An access token of OAuth 2 is between RiskOS and its authorization server: none is asked for here. */
function authorisationOfSettings(): DeliveryAuthorisation {
  if (!hasRelaySettings()) return { type: 'none' };
  const { RELAY_BEARER_TOKENS: [token] = [], RELAY_BASIC_CREDENTIALS: [pair = ''] = [] } =
    readSettings(relaySettings);
  if (token !== undefined) return { type: 'bearer', token };
  const colon = pair.indexOf(':');
  if (colon < 0) return { type: 'none' };
  return { type: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

function refused({ type }: DeliveryAuthorisation, challenge: string | undefined): Finding {
  if (challenge === undefined) {
    return fault(
      outside,
      'answers 401, and not as the relay does',
      'something before the relay asks for a login',
    );
  }
  if (type === 'none') {
    return ok(outside, 'answers, and refuses who has no secret; none of RELAY_… is set here to try one');
  }
  return fault(
    outside,
    'answers, and does not take the secret of RELAY_…',
    'give this process the same RELAY_BEARER_TOKENS or RELAY_BASIC_CREDENTIALS as the relay',
  );
}
