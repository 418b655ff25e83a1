import { parseArgs } from 'node:util';
import { InputError, nearestMatch, unknownName } from '../base/errors.ts';
import type { Bench } from './bench.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h', describe: 'This text' },
  quick: { type: 'boolean', describe: 'Fewer and shorter turns: to see that it runs, not to quote' },
  json: { type: 'boolean', describe: 'One JSON document on stdout' },
  threads: { type: 'string', value: 'N', describe: 'Threads to use (default: all of the machine)' },
} as const;

/** What was asked for. */
export interface BenchArguments {
  readonly help: boolean;
  readonly quick: boolean;
  readonly json: boolean;
  /** All of the machine where absent. */
  readonly threads?: number;
  /** Those named, in the order they were named in; all that need not be named where none is. */
  readonly chosen: readonly Bench[];
}

/** Reads the words after `npm run bench --`. Throws an InputError that names the nearest option or bench. */
export function readArguments(argv: readonly string[], benches: readonly Bench[]): BenchArguments {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(OPTIONS, token.name)) throw unknownOption(token.rawName);
    if (OPTIONS[token.name as keyof typeof OPTIONS].type === 'boolean' && token.value !== undefined) {
      throw new InputError({
        code: 'unexpected-value',
        message: `${token.rawName} takes no value.`,
        field: token.rawName,
        value: token.value,
        expected: `${token.rawName} alone`,
        hint: `Leave "${token.value}" out.`,
      });
    }
  }
  return {
    help: values.help === true,
    quick: values.quick === true,
    json: values.json === true,
    threads: values.threads === undefined ? undefined : readThreads(values.threads),
    chosen: choose(positionals, benches),
  };
}

function choose(names: readonly string[], benches: readonly Bench[]): readonly Bench[] {
  if (names.length === 0) return benches.filter((bench) => !bench.onlyWhenNamed);
  return names.map((name) => {
    const bench = benches.find((one) => one.name === name);
    if (bench !== undefined) return bench;
    throw unknownName(
      'bench',
      name,
      benches.map((one) => one.name),
    );
  });
}

function readThreads(value: string | boolean | undefined): number {
  const threads = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isInteger(threads) && threads > 0 && threads <= 1024) return threads;
  throw new InputError({
    code: 'bad-number',
    message:
      typeof value === 'string' ? `--threads ${value} is no number of threads.` : '--threads needs a value.',
    field: '--threads',
    value,
    expected: 'a whole number from 1 to 1024',
    hint: 'Write it like --threads 2.',
  });
}

function unknownOption(name: string): InputError {
  const known = Object.keys(OPTIONS).map((option) => `--${option}`);
  const near = nearestMatch(name, known);
  return new InputError({
    code: 'unknown-option',
    message: `There is no option ${name}.`,
    field: name,
    expected: `one of ${known.join(', ')}`,
    hint: near === undefined ? 'See npm run bench -- --help.' : `Did you mean ${near}?`,
  });
}

/** What `--help` prints. */
export function helpText(benches: readonly Bench[]): string {
  const table = (rows: readonly (readonly [string, string])[]): readonly string[] => {
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, describe]) => `  ${name.padEnd(width)}  ${describe}`);
  };
  return [
    'npm run bench [-- BENCH … OPTIONS]',
    '',
    "Prints the project's figures beside its peers', measured in turns.",
    '',
    'Benches (where none is named, all that do not say otherwise):',
    ...table(
      benches.map(({ name, describe, onlyWhenNamed }) => [
        name,
        onlyWhenNamed ? `${describe}; takes minutes: only when named` : describe,
      ]),
    ),
    '',
    'Options:',
    ...table(
      Object.entries(OPTIONS).map(([name, option]) => [
        'value' in option ? `--${name} ${option.value}` : `--${name}`,
        option.describe,
      ]),
    ),
    '',
    'Environment:',
    ...table([
      ['PYTHON', "Interpreter that has the peers' packages (default python3); peers it lacks are left out"],
      [
        'MAKERGYM_DATA',
        'Folder of recordings (default ../shared/data); benches that need them are left out without',
      ],
    ]),
  ].join('\n');
}
