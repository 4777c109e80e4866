import { Command } from 'commander';
import { examples } from './examples.ts';

export const codecServer = new Command('codec-server')
  .description(
    'decrypt payloads for the Temporal UI and CLI, and encrypt for other languages (settings: CODEC_*, KEY_STORE_URL, PAYLOAD_*)',
  )
  .addHelpText(
    'after',
    examples('codec-server', 'codec-server   # with CODEC_AUTH=off: on this machine, for everybody'),
  )
  .action(async () => (await import('./run-codec-server.ts')).runCodecServer());
