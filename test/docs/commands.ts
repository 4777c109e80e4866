import { type Command, CommanderError } from 'commander';
import { parse as parseShell } from 'shell-quote';
import { program } from '../../src/cli/program.ts';
import { blocksOf, type Page, placeOf, spansOf } from './pages.ts';

interface Line {
  words: string[];
  place: string;
}

/** Every command in the shell blocks of a page and in its code spans, one for each part of a pipe or list. */
export function commandLines(page: Page): Line[] {
  const blocks = blocksOf(page, ['sh', 'bash', 'console', 'shell', '']).map((node) => ({
    text: node.value,
    place: placeOf(page, node),
  }));
  return [...blocks, ...spansOf(page)].flatMap(({ text, place }) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .flatMap((line) => commandsIn(line.replace(/^\s*\$ /, '')))
      .map((words) => ({ words, place })),
  );
}

/** The words of each command of a line, without settings before it, `npx`, redirections and comments. */
function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  let skipNext = false;
  for (const part of parseShell(line, (name) => `$${name}`)) {
    if (typeof part === 'string' || ('op' in part && part.op === 'glob')) {
      if (!skipNext) commands.at(-1)?.push(typeof part === 'string' ? part : part.pattern);
      skipNext = false;
    } else if ('comment' in part) break;
    else if (/^[<>]/.test(part.op)) skipNext = true;
    else commands.push([]);
  }
  return commands.map((words) => {
    const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word) && word !== 'npx' && word !== '$');
    return start < 0 ? [] : words.slice(start);
  });
}

/** The examples that `--help` of each verb shows. */
export function helpExamples(command: Command = program): Line[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  const own = text
    .split('\n')
    .filter((line) => line.trimStart().startsWith('$ '))
    .flatMap((line) => commandsIn(line.trim().slice(2)))
    .map((words) => ({ words, place: `${command.name()} --help` }));
  return [...own, ...command.commands.flatMap((verb) => helpExamples(verb))];
}

/** What is wrong with the arguments of `candidate-funnel`; nothing is run. */
export function commandFault(args: readonly string[], command: Command = program): string | undefined {
  const [name = '', ...rest] = args;
  const verb = command.commands.find((one) => one.name() === name);
  if (verb) return commandFault(rest, verb);
  if (command.commands.length > 0) {
    return name === '' || /^(-h|-V|--help|--version|help)$/.test(name) ? undefined : `no verb "${name}"`;
  }
  return argumentFault(args, command);
}

function argumentFault(args: readonly string[], command: Command): string | undefined {
  if (args.includes('--help') || args.includes('-h')) return undefined;
  // Of a verb in a sentence, such as `candidate-funnel status`, only the verb counts.
  if (args.length === 0) return undefined;
  let parsed;
  try {
    parsed = command.parseOptions([...args]);
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
  const unknown = parsed.unknown.find((word) => word.startsWith('--'));
  if (unknown !== undefined) return `no option "${unknown}" of "${command.name()}"`;
  const operands = [...parsed.operands, ...parsed.unknown];
  const known = command.registeredArguments;
  if (operands.length > known.length && !known.at(-1)?.variadic)
    return `too many arguments: ${operands.join(' ')}`;
  const wrong = known.find(
    ({ argChoices }, at) => argChoices && operands[at] !== undefined && !argChoices.includes(operands[at]),
  );
  return wrong && `${wrong.name()} must be one of ${wrong.argChoices?.join(', ')}`;
}

/** A verb with required arguments and options, as a reader would copy it. */
export function completenessFault(args: readonly string[], command: Command = program): string | undefined {
  const [name = '', ...rest] = args;
  const verb = command.commands.find((one) => one.name() === name);
  if (verb) return completenessFault(rest, verb);
  if (args.includes('--help')) return undefined;
  const option = command.options.find(
    ({ mandatory, long, defaultValue }) =>
      mandatory &&
      defaultValue === undefined &&
      !args.some((word) => word === long || word.startsWith(`${long}=`)),
  );
  if (option) return `needs ${option.long}`;
  const { operands } = command.parseOptions([...args]);
  const argument = command.registeredArguments.find(
    ({ required }, at) => required && operands[at] === undefined,
  );
  return argument && `needs <${argument.name()}>`;
}
