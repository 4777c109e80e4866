import { S3Client } from '@aws-sdk/client-s3';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { invalidUrl } from '../keys.ts';
import type { S3Location } from './location.ts';

/** Milliseconds. */
export interface Patience {
  /** Until a connection is open. */
  connection: number;
  /** Until an answer begins, and between two pieces of it. */
  request: number;
}

export const patience: Patience = { connection: 5000, request: 60_000 };

/** A client with the SDK's own chain of credentials, through the proxy that the environment names. */
export function s3Client(
  { endpoint, region }: S3Location,
  env: Record<string, string | undefined>,
  { connection, request }: Patience,
): S3Client {
  const proxy = proxyFor(endpoint ?? 'https://s3.amazonaws.com', env);
  const agent = proxy === undefined ? undefined : new HttpsProxyAgent(proxy, { keepAlive: true });
  return withoutNodeWarning(
    () =>
      new S3Client({
        ...(region === undefined ? {} : { region }),
        ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
        maxAttempts: 4,
        requestHandler: {
          connectionTimeout: connection,
          requestTimeout: request,
          // The other one ends with the answer's headers.
          socketTimeout: request,
          throwOnRequestTimeout: true,
          ...(agent ? { httpAgent: agent, httpsAgent: agent } : {}),
        },
      }),
  );
}

const warningSwitch = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/**
 * The SDK's first client writes to stderr that later versions of it need Node 22. The version here is pinned and runs on
 * Node 20, and a command's errors are one line. Its other warnings stay.
 */
function withoutNodeWarning(create: () => S3Client): S3Client {
  const before = process.env[warningSwitch];
  process.env[warningSwitch] = 'true';
  try {
    return create();
  } finally {
    if (before === undefined) delete process.env[warningSwitch];
    else process.env[warningSwitch] = before;
  }
}

/** The proxy for this address by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, upper or lower case. */
export function proxyFor(address: string, env: Record<string, string | undefined>): string | undefined {
  const read = (name: string) => env[name.toLowerCase()] || env[name.toUpperCase()];
  const { hostname, protocol } = new URL(address);
  const proxy = read(protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (!proxy) return undefined;
  const excepted = (read('no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((name) => name === '*' || hostname === name || hostname.endsWith(`.${name.replace(/^\*?\./, '')}`));
  if (excepted) return undefined;
  if (!URL.canParse(proxy)) throw invalidUrl('cannot be reached: HTTPS_PROXY or HTTP_PROXY is not a URL');
  return proxy;
}
