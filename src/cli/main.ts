import { CommanderError } from 'commander';
import { exitCodeOf, oneLine } from './errors.ts';
import { program } from './program.ts';

// Whoever reads our output may stop at any line, as `head` does.
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
    // Handles left open by a failed start must not keep the process alive.
    process.exit(exitCodeOf(error));
  }
}
