export type { Authentication } from './authenticate.ts';
export type { Fetch, JwtOptions as OAuth2Options } from '../http-server/jwt.ts';
export type { ServerLimits as RelayLimits } from '../http-server/limits.ts';
export type { ServerLogger as RelayLogger } from '../http-server/refusal-log.ts';
export { createRelay, type RelayOptions } from './relay.ts';
export type { Relay } from './server.ts';
export {
  createTestIssuer,
  type DeliveryAuthorisation,
  makeDelivery,
  type MadeDelivery,
  type TestEvent,
  type TestIssuer,
} from './testing.ts';
