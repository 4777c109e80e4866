import { createHash, timingSafeEqual } from 'node:crypto';
import type { onRequestHookHandler } from 'fastify';

/** Lets a request pass that carries one of the tokens; compared in constant time, every token each time. */
export function bearerCheck(tokens: string[]): onRequestHookHandler {
  const accepted = tokens.map(digest);
  return (request, reply, done) => {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const given = digest(token);
    const known = accepted.filter((one) => timingSafeEqual(one, given)).length > 0;
    if (scheme?.toLowerCase() === 'bearer' && known) {
      done();
      return;
    }
    reply.code(401).header('www-authenticate', 'Bearer').send({
      error: 'the bearer token is missing or wrong; compare RELAY_BEARER_TOKENS with the webhook in RiskOS',
    });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
