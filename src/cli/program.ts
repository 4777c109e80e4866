import { Command } from 'commander';
import { buildInWords } from '../build-info.ts';
import { temporalEnvironment } from '../client/settings.ts';
import { checkReplay } from './check-replay.ts';
import { checkRiskos } from './check-riskos.ts';
import { codecServer } from './codec-server.ts';
import { demo } from './demo.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { emulator } from './emulator.ts';
import { forgetVerb } from './forget.ts';
import { images } from './images.ts';
import { keys } from './keys.ts';
import { list } from './list.ts';
import { monitor } from './monitor.ts';
import { notices } from './notices.ts';
import { relay } from './relay.ts';
import { schema } from './schema.ts';
import { setup } from './setup.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { updateVerbs } from './steer.ts';
import { timeline } from './timeline.ts';
import { watch } from './watch.ts';
import { worker } from './worker.ts';

/** The command with all its verbs; nothing runs before it parses its arguments. */
export const program = new Command('candidate-funnel')
  .description(
    'One durable Temporal workflow per job application, over Socure RiskOS Workforce Verification.',
  )
  .version(buildInWords)
  .configureHelp({ sortSubcommands: false });

program.commandsGroup('Try it:');
for (const verb of [demo, dev]) program.addCommand(verb);
program.commandsGroup('For HR and operators:');
for (const verb of [start, status, watch, list, timeline, ...updateVerbs, images, forgetVerb])
  program.addCommand(verb);
program.commandsGroup('Processes:');
for (const verb of [
  worker,
  relay,
  codecServer,
  monitor,
  emulator,
  checkReplay,
  checkRiskos,
  keys,
  notices,
  schema,
  setup,
  doctor,
])
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
for (const verb of [
  program,
  ...program.commands,
  ...notices.commands,
  ...images.commands,
  ...keys.commands,
]) {
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
