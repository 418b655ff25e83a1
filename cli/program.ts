import type { Argv } from 'yargs';
import { InputError, unknownName } from '../base/errors.ts';
import { COMMON_OPTIONS, type RawArguments } from './arguments.ts';
import type { Command, OptionSpec } from './command.ts';
import { COMMANDS } from './registry.ts';
import { EXIT, reportError, runCommand, VERSION } from './run-command.ts';

/**
 * Runs the program with the words behind its name; prints to stdout and stderr and returns the exit code. `main.ts` is
 * it with a process around.
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  try {
    const name = argv[0];
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') return await showHelp();
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${VERSION}\n`);
      return EXIT.success;
    }
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (load === undefined) throw unknownName('command', name, Object.keys(COMMANDS));
    const command = await load();
    const parser = await describeCommand(command);
    if (argv.includes('--help') || argv.includes('-h')) {
      process.stdout.write(`${await parser.getHelp()}\n`);
      return EXIT.success;
    }
    return await runCommand(command, parse(parser, command, argv.slice(1)));
  } catch (error) {
    return reportError(error, json);
  }
}

async function showHelp(): Promise<number> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const parser = await createParser();
  parser
    .usage(
      'makergym COMMAND [OPTIONS]\n\nFrom a Binance recording to a judged, exported market-making agent.',
    )
    .epilogue('makergym COMMAND --help tells more about one command.');
  for (const command of commands) parser.command(signature(command), command.describe);
  addOptions(parser, COMMON_OPTIONS);
  process.stdout.write(`${await parser.getHelp()}\n`);
  return EXIT.success;
}

/** A parser that prints and refuses nothing by itself. Its library is loaded where there is something to parse. */
async function createParser(): Promise<Argv> {
  const { default: yargs } = await import('yargs');
  return yargs([]).scriptName('makergym').help(false).version(false).wrap(100);
}

async function describeCommand(command: Command): Promise<Argv> {
  const parser = await createParser();
  parser
    .usage(`makergym ${signature(command)} [OPTIONS]\n\n${command.describe}`)
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'greedy-arrays': false,
    })
    .exitProcess(false);
  addOptions(parser, command.options);
  parser.group(Object.keys(command.options), 'Options:');
  addOptions(parser, COMMON_OPTIONS);
  parser.group(Object.keys(COMMON_OPTIONS), 'Every command:');
  for (const positional of command.positionals ?? []) {
    parser.positional(positional.name, { describe: positional.describe, type: 'string' });
  }
  for (const [line, describe] of command.examples ?? []) parser.example(line, describe);
  return parser;
}

function addOptions(parser: Argv, options: Readonly<Record<string, OptionSpec>>): void {
  for (const [name, spec] of Object.entries(options)) {
    const choices = spec.choices === undefined ? '' : `: ${spec.choices.join(', ')}`;
    const fallback = spec.default === undefined || spec.default === false ? '' : ` (default ${spec.default})`;
    const required = spec.required ? ' (required)' : '';
    const value =
      spec.type === 'boolean' ? '' : ` [${spec.placeholder ?? (spec.type === 'number' ? 'N' : 'VALUE')}]`;
    const describe = `${spec.describe}${choices}${fallback}${required}${value}`;
    // Values stay strings, to be checked in one place; without a type yargs does not label them so.
    parser.option(name, spec.type === 'boolean' ? { boolean: true, describe } : { nargs: 1, describe });
  }
}

function signature(command: Command): string {
  const positionals = (command.positionals ?? []).map(({ name, required, many }) =>
    required ? `<${name}${many ? '..' : ''}>` : `[${name}${many ? '..' : ''}]`,
  );
  return [command.name, ...positionals].join(' ');
}

/** Parses options by yargs, then hands the words that are no options to the command's positionals in order. */
function parse(parser: Argv, command: Command, argv: readonly string[]): RawArguments {
  const positionals = command.positionals ?? [];
  let parsed = parseOptions(parser, command, argv);
  const spare = positionals.some(({ many }) => many) ? 0 : wordsOf(parsed).length - positionals.length;
  if (spare > 0) parsed = parseOptions(parser, command, repeatLists(command, argv, spare));
  const words = wordsOf(parsed);
  const raw: Record<string, unknown> = { ...parsed };
  for (const { name, many } of positionals) {
    raw[name] = undefined;
    if (words.length === 0) continue;
    raw[name] = many ? words.splice(0) : words.shift();
  }
  raw._ = words;
  return raw;
}

function parseOptions(
  parser: Argv,
  command: Command,
  argv: readonly string[],
): Readonly<Record<string, unknown>> {
  let failure: string | undefined;
  parser.fail((message) => {
    failure = message;
  });
  const parsed = parser.parseSync([...argv]) as Record<string, unknown>;
  if (failure === undefined) return parsed;
  throw new InputError({
    code: 'bad-usage',
    message: failure,
    field: command.name,
    hint: `See makergym ${command.name} --help.`,
  });
}

function wordsOf(parsed: Readonly<Record<string, unknown>>): string[] {
  return ((parsed._ as readonly unknown[]) ?? []).map(String);
}

/**
 * Gives words that are too many to the list before them, as `--tape day*.arrow` is written: `spare` of them, each with the
 * list's option before it.
 */
function repeatLists(command: Command, argv: readonly string[], spare: number): string[] {
  const specs: Readonly<Record<string, OptionSpec>> = { ...COMMON_OPTIONS, ...command.options };
  const repeated: string[] = [];
  let left = spare;
  let list: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word.startsWith('-')) {
      const [name, ...value] = word.replace(/^--/, '').split('=');
      list = Object.hasOwn(specs, name) && specs[name].type === 'list' ? `--${name}` : undefined;
      repeated.push(word);
      // The value that an option has anyway.
      if (list !== undefined && value.length === 0 && i + 1 < argv.length) repeated.push(argv[++i]);
    } else if (list !== undefined && left > 0) {
      repeated.push(list, word);
      left--;
    } else repeated.push(word);
  }
  return repeated;
}
