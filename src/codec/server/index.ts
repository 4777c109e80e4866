export type { Authentication } from './authenticate.ts';
export { createKeyCipher } from './key-cipher.ts';
export { createCodecServer } from './server.ts';
