import type { z } from 'zod';
import { temporalClient } from '../client/index.ts';
import { readSettings, relaySettings } from '../config.ts';
import { createProcessLogger } from './process-log.ts';
import { dispatcherOfSettings, fetchThrough } from '../network.ts';
import { type Authentication, createRelay } from '../relay/index.ts';
import { stopRequested } from './process.ts';

export async function runRelay(): Promise<void> {
  const settings = readSettings(relaySettings);
  const logger = createProcessLogger('relay', { buffered: true });
  // RiskOS tries again, so an early error is worth more than many attempts.
  const temporal = temporalClient(undefined, 2);
  const relay = await createRelay({
    ...authenticationOf(settings),
    // The JWKS comes through the same proxy as all else.
    fetch: fetchThrough(dispatcherOfSettings()),
    temporal,
    logger,
    trustedProxies: settings.RELAY_TRUSTED_PROXIES,
    limits: {
      connections: settings.RELAY_MAX_CONNECTIONS,
      connectionsPerAddress: settings.RELAY_MAX_CONNECTIONS_PER_ADDRESS,
      inFlight: settings.RELAY_MAX_IN_FLIGHT,
      requestsPerSecond: settings.RELAY_REQUESTS_PER_SECOND,
    },
  });
  const address = await relay.listen({ host: settings.RELAY_HOST, port: settings.RELAY_PORT });
  logger.info({ address, auth: settings.RELAY_AUTH }, 'relay listens');
  await stopRequested('relay', { finishes: 'the deliveries that are under way', logger });
  await relay.close();
  await temporal.connection.close();
  logger.info({}, 'relay stopped');
}

function authenticationOf(settings: z.output<typeof relaySettings>): Authentication {
  const {
    RELAY_BEARER_TOKENS: bearerTokens,
    RELAY_BASIC_CREDENTIALS: basicCredentials,
    RELAY_OAUTH_ISSUER: issuer,
    RELAY_OAUTH_AUDIENCE: audience,
    RELAY_OAUTH_JWKS_URL: jwksUrl,
    RELAY_OAUTH_ALGORITHMS: algorithms,
  } = settings;
  return {
    ...(bearerTokens ? { bearerTokens } : {}),
    ...(basicCredentials ? { basicCredentials } : {}),
    ...(issuer && audience && jwksUrl ? { oauth2: { issuer, audience, jwksUrl, algorithms } } : {}),
  };
}
