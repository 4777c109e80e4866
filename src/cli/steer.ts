import { Argument, Command, Option } from 'commander';
import type { z } from 'zod';
import { type Funnel, FunnelError, type FunnelStatus } from '../client/index.ts';
import {
  attentionReasons,
  candidate,
  checkInput,
  describeIssues,
  payrollCandidate,
} from '../contract/index.ts';
import { InputError } from './errors.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { idsOf, inTurn } from './ids.ts';
import { readJson } from './json-file.ts';
import { wholeNumber } from './numbers.ts';
import { printStatus } from './output.ts';
import { retryAll, type RetryAllInput } from './retry-all.ts';
import { userName } from './user.ts';

interface Options {
  json?: boolean;
  diToken?: string;
  reason?: string;
  verdict?: 'accept' | 'reject' | 'resubmit';
  by: string;
  candidate?: string;
}

/** The verbs that send one update each and print the new status. */
export const updateVerbs: Command[] = [
  forSeveral(
    'documents',
    'start document verification: the candidate gets a capture link',
    (funnel, { diToken, by }) => funnel.requestDocuments({ diSessionToken: diToken, by }),
  )
    .addOption(diTokenOption())
    .addHelpText('after', examples('documents app-1042', 'documents app-1042 app-1043')),
  forSeveral(
    'reverify',
    'start a selfie reverification against the accepted documents',
    (funnel, { diToken, by }) => funnel.requestReverification({ diSessionToken: diToken, by }),
  )
    .addOption(diTokenOption())
    .addHelpText('after', examples('reverify app-1042')),
  forOne('payroll', 'run the checks of payroll set-up', async (funnel, { diToken, candidate: file, by }) =>
    funnel.requestPayrollSetup({
      diSessionToken: diToken,
      ...(file === undefined ? {} : { candidate: await candidateFields(file, payrollCandidate) }),
      by,
    }),
  )
    .addOption(diTokenOption())
    .option('--candidate <file>', 'JSON with address, dateOfBirth and nationalId; "-" reads standard input')
    .addHelpText('after', examples('payroll app-1042 --candidate examples/payroll.json')),
  forOne('review', 'decide an open review', (funnel, { verdict, by, reason }) =>
    funnel.review({ verdict: verdict ?? 'reject', by, reason: reason ?? '' }),
  )
    .addOption(
      new Option('--verdict <verdict>', 'the decision')
        .choices(['accept', 'reject', 'resubmit'])
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'the reason, for the timeline; no personal data')
    .addHelpText('after', examples('review app-1042 --verdict accept --reason "same person"')),
  oneTimeCode(),
  forOne('resend-code', 'send the candidate another one-time code', (funnel, { by }) =>
    funnel.resendOneTimeCode({ by }),
  ).addHelpText('after', examples('resend-code app-1042')),
  forOne(
    'information',
    'provide candidate data that RiskOS still needs',
    async (funnel, { candidate: file, by }) =>
      funnel.provideInformation({ candidate: await candidateFields(file ?? '-', candidate.partial()), by }),
  )
    .requiredOption('--candidate <file>', 'JSON with those fields of the candidate; "-" reads standard input')
    .addHelpText('after', examples('information app-1042 --candidate examples/payroll.json')),
  forOne('read', 'read RiskOS now, in case a webhook was lost', (funnel, { by }) =>
    funnel.readNow({ by }),
  ).addHelpText('after', examples('read app-1042')),
  forOne(
    'correct',
    "correct the candidate's data after RiskOS refused it, and resume the funnel",
    async (funnel, { candidate: file, by }) =>
      funnel.correct({ candidate: await candidateFields(file ?? '-', candidate.partial()), by }),
  )
    .requiredOption(
      '--candidate <file>',
      'JSON with the candidate\'s changed fields; "-" reads standard input',
    )
    .addHelpText('after', examples('correct app-1042 --candidate examples/changes.json')),
  retry(),
  forSeveral('withdraw', 'close the funnel because the candidate or HR withdraws', (funnel, { reason, by }) =>
    funnel.withdraw({ reason, by }),
  )
    .option('--reason <text>', 'the reason, for the timeline; no personal data')
    .addHelpText('after', examples('withdraw app-1042 --reason "position filled"')),
  forOne('complete', 'close a verified funnel that is no longer needed', (funnel, { by }) =>
    funnel.complete({ by }),
  ).addHelpText('after', examples('complete app-1042')),
];

type Send = (funnel: Funnel, options: Options) => Promise<FunnelStatus>;

function forOne(name: string, description: string, send: Send): Command {
  return verb(name, description)
    .argument('<id>', 'the application id')
    .action((id: string, options: Options) => run(id, options, send));
}

function forSeveral(name: string, description: string, send: Send): Command {
  return verb(name, description)
    .argument('<ids...>', 'one application id or more; "-" reads them from standard input, one a line')
    .action(async (given: string[], options: Options) => {
      const ids = await idsOf(given);
      await inTurn(ids, (id) => run(id, options, send));
    });
}

function oneTimeCode(): Command {
  return verb('code', 'submit the one-time code that the candidate received')
    .argument('<id>', 'the application id')
    .addArgument(new Argument('<code>', 'the digits of the code'))
    .addHelpText('after', examples('code app-1042 482913'))
    .action((id: string, code: string, options: Options) =>
      run(id, options, (funnel, { by }) => funnel.submitOneTimeCode({ code, by })),
    );
}

function retry(): Command {
  return verb('retry', 'resume funnels after the cause has been fixed')
    .argument('[ids...]', 'application ids; "-" reads them from standard input, one a line')
    .option(
      '--all',
      'retry all funnels that stopped for the reason of --attention; without --yes, only lists them',
    )
    .addOption(
      new Option('--attention <reason>', 'with --all: the reason they stopped for').choices(attentionReasons),
    )
    .option('--yes', 'with --all: send the retries')
    .option('--limit <n>', 'with --all: maximum number of funnels', wholeNumber)
    .option('--concurrency <n>', 'with --all: maximum number of retries at once', wholeNumber, 5)
    .option('--rate <n>', 'with --all: maximum number of retries per second', wholeNumber, 5)
    .addHelpText(
      'after',
      examples(
        'retry app-1042',
        'retry --all --attention request_refused',
        'list --attention request_refused --limit 10000 --json | candidate-funnel retry -',
      ),
    )
    .action(async (given: string[], options: Options & RetryAllInput, command: Command) => {
      const ofAll = ['limit', 'concurrency', 'rate'].filter(
        (name) => command.getOptionValueSource(name) === 'cli',
      );
      if (!options.all && ofAll.length > 0)
        throw new InputError(`${ofAll.map((name) => `--${name}`).join(', ')}: only with --all`);
      if (options.all || options.attention !== undefined || options.yes) await retryAll(given, options);
      else if (given.length === 0)
        throw new InputError('retry needs application ids, or --all --attention REASON');
      else
        await inTurn(await idsOf(given), (id) => run(id, options, (funnel, { by }) => funnel.retry({ by })));
    });
}

function verb(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--by <who>', 'who sends this update, for the timeline', userName())
    .option('--json', 'print the new status as JSON');
}

async function run(id: string, options: Options, send: Send): Promise<void> {
  await withFunnels(async (funnels) => {
    const funnel = funnels.funnel(parseId(id));
    await printStatus(await soon(funnel, await send(funnel, options)), options.json);
  });
}

/** RiskOS answers within seconds: what follows the update is worth that wait, for example the capture link. */
async function soon(funnel: Funnel, status: FunnelStatus): Promise<FunnelStatus> {
  if (status.nextAction.kind !== 'wait') return status;
  let last = status;
  try {
    for await (const current of funnel.watch({ interval: 200, signal: AbortSignal.timeout(8000) })) {
      last = current;
      if (current.nextAction.kind !== 'wait') break;
    }
  } catch (error) {
    // The update was carried out; only what follows it cannot be read.
    if (!(error instanceof FunnelError) || error.type !== 'Unreachable') throw error;
  }
  return last;
}

function diTokenOption(): Option {
  return new Option('--di-token <token>', 'a fresh Digital Intelligence session token of the candidate');
}

async function candidateFields<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = checkInput(schema, await readJson(file));
  if (!parsed.success) throw new InputError(describeIssues(parsed.error, 'candidate'));
  return parsed.data;
}
