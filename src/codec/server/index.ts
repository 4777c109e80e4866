export type { Authentication } from './authenticate.ts';
export { createKeyCipher } from './key-cipher.ts';
export { type CodecServer, createCodecServer } from './server.ts';
