import type { BodyRefusal, ConnectionRefusal, JwtRefusal, Meaning } from '../../http-server/refusals.ts';

const settings = 'compare the codec server’s settings with the authorization server of your Temporal UI';
const odd = 'no Temporal UI, CLI or SDK sends this';

/** Every reason for refusing a whole request. A payload that cannot be decoded does not refuse the request. */
export const refusals = {
  no_token: {
    status: 401,
    level: 'warn',
    what: 'a token is needed: Authorization: Bearer and an access token',
    remedy: 'let the Temporal UI pass its access token; it does so to an https endpoint only',
  },
  jwt_invalid: {
    status: 401,
    level: 'warn',
    what: 'the access token is no JWT of the configured issuer: its signature, key or form is wrong',
    remedy: `${settings}: CODEC_JWKS_URL`,
  },
  jwt_wrong_algorithm: {
    status: 401,
    level: 'warn',
    what: 'the access token is signed by another algorithm than CODEC_ALGORITHMS names, or by none',
    remedy: `${settings}: CODEC_ALGORITHMS; "none" and HS… are forgeries`,
  },
  jwt_expired: {
    status: 401,
    level: 'warn',
    what: 'the access token has expired, or does not say when it expires',
    remedy: 'sign in again; check the clocks, and that the tokens have "exp"',
  },
  jwt_wrong_issuer: {
    status: 401,
    level: 'warn',
    what: 'the access token is of another issuer than CODEC_ISSUER',
    remedy: `${settings}: CODEC_ISSUER must be the "iss" of the tokens, letter by letter`,
  },
  jwt_wrong_audience: {
    status: 401,
    level: 'warn',
    what: 'the access token is for another audience than CODEC_AUDIENCE',
    remedy: `${settings}: CODEC_AUDIENCE must be the "aud" of the tokens`,
  },
  jwt_no_subject: {
    status: 401,
    level: 'warn',
    what: 'the access token does not say whose it is: it has no "sub"',
    remedy: 'let the authorization server put a "sub" into its tokens: the audit log names who read what',
  },
  jwks_unavailable: {
    status: 503,
    level: 'error',
    what: 'the keys of the authorization server cannot be read; try again',
    remedy: 'check CODEC_JWKS_URL and the way to it',
  },
  no_role: {
    status: 403,
    level: 'warn',
    what: 'this identity has no role that may read or encode payloads',
    remedy:
      'give it a role in the claim that CODEC_ROLES_CLAIM names: one of CODEC_ROLES_ALL or CODEC_ROLES_STATUS',
  },
  not_permitted: {
    status: 403,
    level: 'warn',
    what: 'this identity may read statuses only, and not encode',
    remedy: 'give it one of the roles of CODEC_ROLES_ALL, if it is to start funnels',
  },
  wrong_origin: {
    status: 403,
    level: 'warn',
    what: 'pages of this origin may not ask here',
    remedy: 'if it is your Temporal UI, add its origin to CODEC_ORIGINS',
  },
  no_namespace: {
    status: 400,
    level: 'warn',
    what: 'the header x-namespace must name the Temporal namespace',
    remedy: `${odd}; other programs must set it to encode`,
  },
  no_workflow_id: {
    status: 400,
    level: 'warn',
    what: 'the workflow id is missing, and each application has a key of its own: POST /encode?workflowId=funnel-…',
    remedy:
      'the Temporal UI and CLI send no workflow id: start funnels with candidate-funnel, its client, or /encode yourself',
  },
  no_application: {
    status: 400,
    level: 'warn',
    what: 'this workflow id is not one of a funnel: funnel-{applicationId}',
    remedy: 'correct the workflowId that is sent',
  },
  forgotten: {
    status: 410,
    level: 'warn',
    what: 'this application was forgotten, and takes no new key',
    remedy: 'give the candidate a new application id',
  },
  key_unreadable: {
    status: 503,
    level: 'error',
    what: 'the key of this application cannot be read; try again',
    remedy: 'check PAYLOAD_IDENTITY_FILE: it must hold an identity for which the key was wrapped',
  },
  unknown_path: {
    status: 404,
    level: 'warn',
    what: 'there is nothing here; this is a codec server, with POST /decode, /encode and /tombstone',
    remedy: 'check the codec endpoint in the Temporal UI: it is this server’s address without /decode',
  },
  wrong_method: {
    status: 405,
    level: 'warn',
    what: 'all requests to a codec server are sent with POST',
    remedy: odd,
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
    what: 'the body is larger than 4 MiB, as sent or unpacked',
    remedy: 'send fewer payloads at once',
  },
  too_many_payloads: {
    status: 413,
    level: 'warn',
    what: 'the request has more than 1,000 payloads',
    remedy: 'send fewer payloads at once',
  },
  unknown_encoding: {
    status: 415,
    level: 'warn',
    what: 'the body has a Content-Encoding other than gzip, or is no gzip',
    remedy: odd,
  },
  not_json: { status: 400, level: 'warn', what: 'the body is not JSON', remedy: odd },
  not_payloads: {
    status: 400,
    level: 'warn',
    what: 'the body is not {"payloads": [{"metadata": {"name": "base64"}, "data": "base64"}]}',
    remedy: odd,
  },
  headers_too_large: {
    status: 431,
    level: 'warn',
    what: 'the headers are larger than 16 KiB',
    remedy: 'an access token with many claims: let the authorization server put fewer into it',
  },
  not_http: {
    status: 400,
    level: 'warn',
    what: 'this is no HTTP request',
    remedy: 'a proxy or browser that speaks TLS to the codec server causes this: it speaks plain HTTP',
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
    what: 'too many requests; try again',
    remedy:
      'somebody reads very much; raise CODEC_REQUESTS_PER_SECOND if that is right, or set CODEC_TRUSTED_PROXIES when all traffic comes from a proxy',
  },
  too_many_connections: {
    status: 0,
    level: 'warn',
    what: 'too many connections',
    remedy: 'look who opens them; run more codec servers',
  },
  too_many_connections_of_address: {
    status: 0,
    level: 'warn',
    what: 'too many connections from this address',
    remedy: 'set CODEC_TRUSTED_PROXIES when all traffic comes from a proxy',
  },
  too_many_in_flight: {
    status: 503,
    level: 'warn',
    what: 'too many requests at once; try again',
    remedy: 'run more codec servers, or look why the key store is slow',
  },
  overloaded: {
    status: 503,
    level: 'warn',
    what: 'the codec server has too much to do; try again',
    remedy: 'run more codec servers or give them more processor',
  },
  key_store_unavailable: {
    status: 503,
    level: 'error',
    what: 'the key store is out of reach; try again',
    remedy: 'check KEY_STORE_URL and that the store answers',
  },
  failed: {
    status: 503,
    level: 'error',
    what: 'the request could not be handled; try again',
    remedy: 'a fault of the codec server: report it with this line',
  },
} as const satisfies Record<string, Meaning> & Record<BodyRefusal | ConnectionRefusal | JwtRefusal, Meaning>;

export type Refusal = keyof typeof refusals;
