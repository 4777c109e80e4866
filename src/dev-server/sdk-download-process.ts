import { TestWorkflowEnvironment } from '@temporalio/testing';

// A program of its own, started by sdk-download.ts with a folder and a version.
const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined) throw new Error('needs a folder and a version');

process.once('disconnect', () => process.exit(1));
try {
  // The SDK has no call that only downloads; that the server starts also shows that the file is whole.
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version } },
  });
  await server.teardown();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
