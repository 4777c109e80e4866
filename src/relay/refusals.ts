import type { BodyRefusal, ConnectionRefusal, JwtRefusal, Meaning } from '../http-server/refusals.ts';

const again = 'RiskOS sends it again';
const sender = 'RiskOS does not send this; whoever does is refused';

/** Every reason for which a delivery is not taken. RiskOS retries after 408, 429 and 503 [doc]. */
export const refusals = {
  no_credentials: {
    status: 401,
    level: 'warn',
    what: 'the credentials are missing, or not of a kind that RELAY_AUTH names',
    remedy: 'compare RELAY_AUTH with the authentication of the webhook in the RiskOS dashboard',
  },
  wrong_token: {
    status: 401,
    level: 'warn',
    what: 'the bearer token is wrong; compare RELAY_BEARER_TOKENS with the webhook in RiskOS',
    remedy:
      'compare RELAY_BEARER_TOKENS with the webhook in the RiskOS dashboard; list the new token before you change it there',
  },
  wrong_password: {
    status: 401,
    level: 'warn',
    what: 'the user name or the password is wrong; compare RELAY_BASIC_CREDENTIALS with the webhook in RiskOS',
    remedy:
      'compare RELAY_BASIC_CREDENTIALS with the webhook in the RiskOS dashboard; list the new pair before you change it there',
  },
  jwt_invalid: {
    status: 401,
    level: 'warn',
    what: 'the access token is no JWT of the configured issuer: its signature, key or form is wrong',
    remedy: 'compare RELAY_OAUTH_JWKS_URL with the authorization server that RiskOS asks',
  },
  jwt_wrong_algorithm: {
    status: 401,
    level: 'warn',
    what: 'the access token is signed by another algorithm than RELAY_OAUTH_ALGORITHMS names, or by none',
    remedy:
      'add the algorithm of the authorization server to RELAY_OAUTH_ALGORITHMS; "none" and HS… are forgeries',
  },
  jwt_expired: {
    status: 401,
    level: 'warn',
    what: 'the access token has expired, or does not say when it expires',
    remedy:
      'check the clocks of this machine and of the authorization server, and that its tokens have "exp"',
  },
  jwt_wrong_issuer: {
    status: 401,
    level: 'warn',
    what: 'the access token is of another issuer than RELAY_OAUTH_ISSUER',
    remedy: 'set RELAY_OAUTH_ISSUER to the "iss" of the tokens, letter by letter',
  },
  jwt_wrong_audience: {
    status: 401,
    level: 'warn',
    what: 'the access token is for another audience than RELAY_OAUTH_AUDIENCE',
    remedy: 'set RELAY_OAUTH_AUDIENCE to the "aud" of the tokens',
  },
  jwks_unavailable: {
    status: 503,
    level: 'error',
    what: 'the keys of the authorization server cannot be read; try again',
    remedy: `check RELAY_OAUTH_JWKS_URL and the way to it; ${again}`,
  },
  unknown_path: {
    status: 404,
    level: 'warn',
    what: 'there is nothing here; webhooks go to POST /webhooks/riskos',
    remedy: 'check the URL of the webhook in the RiskOS dashboard; scanners of the internet cause this too',
  },
  wrong_method: {
    status: 405,
    level: 'warn',
    what: 'webhooks are sent with POST',
    remedy: sender,
  },
  too_slow: {
    status: 408,
    level: 'warn',
    what: 'the request took too long to arrive',
    remedy: 'a slow network or an attack; behind a proxy, let the proxy buffer requests',
  },
  too_large: {
    status: 413,
    level: 'warn',
    what: 'the body is larger than 1 MiB, as sent or unpacked',
    remedy: sender,
  },
  unknown_encoding: {
    status: 415,
    level: 'warn',
    what: 'the body has a Content-Encoding other than gzip, or is no gzip',
    remedy: sender,
  },
  not_json: {
    status: 400,
    level: 'warn',
    what: 'the body is not JSON',
    remedy: sender,
  },
  not_an_event: {
    status: 400,
    level: 'warn',
    what: 'the body is JSON, but no object',
    remedy: sender,
  },
  headers_too_large: {
    status: 431,
    level: 'warn',
    what: 'the headers are larger than 16 KiB',
    remedy: sender,
  },
  not_http: {
    status: 400,
    level: 'warn',
    what: 'this is no HTTP request',
    remedy: `${sender}; a proxy that speaks TLS to the relay causes this too`,
  },
  client_gone: {
    status: 0,
    level: 'warn',
    what: 'the sender went away before its request was complete',
    remedy: 'a slow network, or a proxy with a shorter time limit',
  },
  too_many_requests: {
    status: 429,
    level: 'warn',
    what: 'too many requests from this address; try again',
    remedy: `raise RELAY_REQUESTS_PER_SECOND, or set RELAY_TRUSTED_PROXIES when all traffic comes from a proxy; ${again}`,
  },
  too_many_connections: {
    status: 0,
    level: 'warn',
    what: 'too many connections',
    remedy: 'raise RELAY_MAX_CONNECTIONS, or run more relays',
  },
  too_many_connections_of_address: {
    status: 0,
    level: 'warn',
    what: 'too many connections from this address',
    remedy:
      'raise RELAY_MAX_CONNECTIONS_PER_ADDRESS, or set RELAY_TRUSTED_PROXIES when all traffic comes from a proxy',
  },
  too_many_in_flight: {
    status: 503,
    level: 'warn',
    what: 'too many deliveries at once; try again',
    remedy: `run more relays, or look why Temporal is slow; ${again}`,
  },
  overloaded: {
    status: 503,
    level: 'warn',
    what: 'the relay has too much to do; try again',
    remedy: `run more relays or give them more processor; ${again}`,
  },
  temporal_unreachable: {
    status: 503,
    level: 'error',
    what: 'Temporal is out of reach; try again',
    remedy: `check TEMPORAL_ADDRESS and that Temporal runs; ${again}`,
  },
  temporal_slow: {
    status: 503,
    level: 'error',
    what: 'Temporal did not answer in time; try again',
    remedy: `look at the load of Temporal; ${again}`,
  },
  temporal_rate_limited: {
    status: 503,
    level: 'error',
    what: 'Temporal takes no more requests for now; try again',
    remedy: `raise the rate limit of the namespace; ${again}`,
  },
  temporal_wrong_namespace: {
    status: 503,
    level: 'error',
    what: 'Temporal does not know the namespace; try again',
    remedy: `set TEMPORAL_NAMESPACE to the namespace of the funnels; ${again}, but for some minutes only`,
  },
  temporal_not_permitted: {
    status: 503,
    level: 'error',
    what: 'Temporal does not permit the relay to signal workflows; try again',
    remedy: `check the key or certificate of TEMPORAL_… and its permissions; ${again}, but for some minutes only`,
  },
  temporal_failed: {
    status: 503,
    level: 'error',
    what: 'Temporal refused the signal; try again',
    remedy: `look into the log of Temporal's frontend; ${again}`,
  },
  failed: {
    status: 503,
    level: 'error',
    what: 'the delivery could not be handled; try again',
    remedy: `a fault of the relay: report it with this line; ${again}`,
  },
} as const satisfies Record<string, Meaning> & Record<BodyRefusal | ConnectionRefusal | JwtRefusal, Meaning>;

export type Refusal = keyof typeof refusals;

export const meaningOf: (refusal: Refusal) => Meaning = (refusal) => refusals[refusal];
