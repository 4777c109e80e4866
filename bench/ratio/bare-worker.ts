/** A worker of the bare workflow, with the settings of the funnel's worker that cost processor time. */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bareActivities } from './bare-activities.ts';

const { env } = process;
Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  taskQueue: env['FUNNEL_TASK_QUEUE'] ?? '',
  workflowsPath: fileURLToPath(new URL('bare-workflow.ts', import.meta.url)),
  activities: bareActivities(
    env['RISKOS_BASE_URL'] ?? '',
    env['RISKOS_API_KEY'] ?? '',
    env['ARCHIVE_FOLDER'] ?? '',
  ),
  workflowThreadPoolSize: 2,
  stickyQueueScheduleToStartTimeout: '1s',
});
const running = worker.run();
process.stderr.write('worker runs\n');
await running;
