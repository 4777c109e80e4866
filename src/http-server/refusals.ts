/** What the sender gets for a refusal, and what the log says to the operator. */
export interface Meaning {
  /** The HTTP status; 0 where there is no answer to give. */
  status: number;
  level: 'warn' | 'error';
  /** What happened, for the sender. */
  what: string;
  /** What the operator can do, for the log. */
  remedy: string;
}

/** Of an access token. */
export type JwtRefusal =
  | 'jwt_invalid'
  | 'jwt_wrong_algorithm'
  | 'jwt_expired'
  | 'jwt_wrong_issuer'
  | 'jwt_wrong_audience'
  | 'jwks_unavailable';

/** Of a body. */
export type BodyRefusal = 'unknown_encoding' | 'too_slow' | 'too_large' | 'client_gone' | 'not_json';

/** Of a connection, or of a request that reached no handler. */
export type ConnectionRefusal =
  | 'too_slow'
  | 'headers_too_large'
  | 'client_gone'
  | 'not_http'
  | 'wrong_method'
  | 'too_many_requests'
  | 'too_many_connections'
  | 'too_many_connections_of_address';

/** Of any server of ours. */
export type ServerRefusal = ConnectionRefusal | 'unknown_path' | 'failed';
