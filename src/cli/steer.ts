import { Command, Option } from 'commander';
import type { Funnel } from '../client/index.ts';
import { candidate, describeIssues, type Status } from '../contract/index.ts';
import { InputError } from './errors.ts';
import { parseId, withFunnels } from './funnels.ts';
import { readJson } from './json-file.ts';
import { print, statusText } from './output.ts';

interface Options {
  json?: boolean;
  diToken?: string;
  reason?: string;
  verdict?: 'accept' | 'reject' | 'resubmit';
  by?: string;
  candidate?: string;
}

/** The verbs that send one update each and print the new status. */
export const updateVerbs: Command[] = [
  update('documents', 'documents are wanted: the candidate gets a capture link', (funnel, { diToken }) =>
    funnel.requestDocuments({ diSessionToken: diToken }),
  ).addOption(diTokenOption()),
  update('reverify', 'a selfie is wanted, compared with the accepted documents', (funnel, { diToken }) =>
    funnel.requestReverification({ diSessionToken: diToken }),
  ).addOption(diTokenOption()),
  update('payroll', 'run the checks of payroll set-up', async (funnel, { diToken, candidate: file }) =>
    funnel.requestPayrollSetup({
      diSessionToken: diToken,
      ...(file === undefined ? {} : { candidate: payrollFields(await candidateFields(file)) }),
    }),
  )
    .addOption(diTokenOption())
    .option('--candidate <file>', 'JSON with address, dateOfBirth and nationalId; "-" reads standard input'),
  update('review', 'settle an open review', (funnel, { verdict, by, reason }) =>
    funnel.review({ verdict: verdict ?? 'reject', by: by ?? '', reason: reason ?? '' }),
  )
    .addOption(
      new Option('--verdict <verdict>', 'the decision')
        .choices(['accept', 'reject', 'resubmit'])
        .makeOptionMandatory(),
    )
    .requiredOption('--by <who>', 'who decides')
    .requiredOption('--reason <text>', 'why; no personal data'),
  update(
    'correct',
    'give better data after RiskOS refused a request, and go on',
    async (funnel, { candidate: file }) => funnel.correct({ candidate: await candidateFields(file ?? '-') }),
  ).requiredOption(
    '--candidate <file>',
    'JSON with the candidate\'s changed fields; "-" reads standard input',
  ),
  update('retry', 'go on after what stopped the funnel has been mended', (funnel) => funnel.retry()),
  update('withdraw', 'the candidate or HR gives up; the funnel closes', (funnel, { reason }) =>
    funnel.withdraw({ reason }),
  ).option('--reason <text>', 'why; no personal data'),
  update('complete', 'the funnel is needed no longer; it closes', (funnel) => funnel.complete()),
];

function update(
  name: string,
  description: string,
  send: (funnel: Funnel, options: Options) => Promise<Status>,
): Command {
  return new Command(name)
    .description(description)
    .argument('<id>', 'the application id')
    .option('--json', 'print the new status as JSON')
    .action(async (id: string, options: Options) => {
      await withFunnels(async (funnels) => {
        const funnel = funnels.funnel(parseId(id));
        const status = await soon(funnel, await send(funnel, options));
        print(status, () => statusText(status), options.json);
      });
    });
}

/** RiskOS answers within seconds: what comes of the update is worth that wait, for example the capture link. */
async function soon(funnel: Funnel, status: Status): Promise<Status> {
  if (status.nextAction.kind !== 'wait') return status;
  let last = status;
  for await (const current of funnel.watch({ interval: 200, signal: AbortSignal.timeout(8000) })) {
    last = current;
    if (current.nextAction.kind !== 'wait') break;
  }
  return last;
}

function diTokenOption(): Option {
  return new Option('--di-token <token>', 'a fresh Digital Intelligence session token of the candidate');
}

async function candidateFields(file: string) {
  const parsed = candidate.partial().safeParse(await readJson(file));
  if (!parsed.success) throw new InputError(describeIssues(parsed.error, 'candidate'));
  return parsed.data;
}

function payrollFields({ address, dateOfBirth, nationalId }: Awaited<ReturnType<typeof candidateFields>>) {
  return { address, dateOfBirth, nationalId };
}
