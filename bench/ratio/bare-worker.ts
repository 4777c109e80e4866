/** A worker of the bare workflow, with the settings of the funnel's worker that cost processor time. */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  taskQueue: process.env['FUNNEL_TASK_QUEUE'] ?? '',
  workflowsPath: fileURLToPath(new URL('bare-workflow.ts', import.meta.url)),
  activities: { before: async () => 'done', after: async () => 'done' },
  workflowThreadPoolSize: 2,
  stickyQueueScheduleToStartTimeout: '1s',
});
const running = worker.run();
process.stderr.write('worker runs\n');
await running;
