import { temporalClient } from '../client/index.ts';
import { readSettings, relaySettings } from '../config.ts';
import { createLogger } from '../logging.ts';
import { createRelay } from '../relay/index.ts';
import { stopSignal } from './process.ts';

export async function runRelay(): Promise<void> {
  const { RELAY_HOST, RELAY_PORT, RELAY_BEARER_TOKENS } = readSettings(relaySettings);
  const logger = createLogger('relay');
  const temporal = temporalClient();
  const server = await createRelay({ temporal, bearerTokens: RELAY_BEARER_TOKENS, logger });
  const address = await server.listen({ host: RELAY_HOST, port: RELAY_PORT });
  logger.info({ address }, 'relay listens');
  await stopSignal();
  await server.close();
  await temporal.connection.close();
}
