import { startDevServer } from '../../src/dev-server/index.ts';

// A process that starts a dev server and is then killed by its test.
const { pid } = await startDevServer({ binary: process.argv[2] ?? '', uiPort: false });
process.stdout.write(`${pid}\n`);
