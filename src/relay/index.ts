export type { Authentication } from './authenticate.ts';
export type { RelayLimits } from './limits.ts';
export type { Fetch, OAuth2Options } from './oauth2.ts';
export type { RelayLogger } from './refusal-log.ts';
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
