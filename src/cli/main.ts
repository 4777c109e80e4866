import { Command, CommanderError } from 'commander';
import { temporalEnvironment } from '../client/settings.ts';
import { checkRiskos } from './check-riskos.ts';
import { codecServer } from './codec-server.ts';
import { demo } from './demo.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { emulator } from './emulator.ts';
import { exitCodeOf, oneLine } from './errors.ts';
import { images } from './images.ts';
import { list } from './list.ts';
import { notices } from './notices.ts';
import { relay } from './relay.ts';
import { setup } from './setup.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { updateVerbs } from './steer.ts';
import { timeline } from './timeline.ts';
import { watch } from './watch.ts';
import { worker } from './worker.ts';

const program = new Command('candidate-funnel')
  .description(
    'One durable Temporal workflow per job application, over Socure RiskOS Workforce Verification.',
  )
  .version('0.1.0')
  .configureHelp({ sortSubcommands: false });

program.commandsGroup('Try it:');
for (const verb of [demo, dev]) program.addCommand(verb);
program.commandsGroup('For HR and operators:');
for (const verb of [start, status, watch, list, timeline, ...updateVerbs, images]) program.addCommand(verb);
program.commandsGroup('Processes:');
for (const verb of [worker, relay, codecServer, emulator, checkRiskos, notices, setup, doctor])
  program.addCommand(verb);

program.addHelpText(
  'after',
  `
Temporal is found by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE …; without them, at localhost:7233.

Exit codes: 0 done, 1 failed, 2 wrong input or setting, 3 no such funnel, 4 not possible now, 5 Temporal or worker out of reach.`,
);
// Every part of the process finds Temporal by the same settings, those in files too.
program.hook('preAction', (_program, verb) => {
  // It says where each setting is from.
  if (verb === doctor) return;
  const settings = temporalEnvironment();
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('TEMPORAL_') && !(name in settings)) delete process.env[name];
  }
  Object.assign(process.env, settings);
});
for (const verb of [program, ...program.commands, ...notices.commands, ...images.commands]) {
  verb.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(
        `candidate-funnel: ${text
          .trim()
          .replace(/^error: /, '')
          .replace(/\s*\n\s*/g, ' ')}\n`,
      ),
  });
}

// Who reads our output may stop at any line, as `head` does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`candidate-funnel: ${oneLine(error)}\n`);
    // Whatever a half-started process has opened must not keep it.
    process.exit(exitCodeOf(error));
  }
}
