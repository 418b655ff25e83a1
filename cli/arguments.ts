import { InputError, nearestMatch } from '../base/errors.ts';
import type { Arguments, Command, OptionSpec } from './command.ts';

/** Seed of a run that is given none. */
export const DEFAULT_SEED = 0;

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', describe: 'Print exactly one JSON document on stdout' },
  seed: {
    type: 'number',
    describe: 'Seed of every random stream',
    integer: true,
    minimum: 0,
    config: 'seed',
  },
  config: { type: 'string', describe: 'Settings from a JSON or YAML file', placeholder: 'FILE' },
  set: { type: 'list', describe: 'One setting; may be repeated', placeholder: 'path=value' },
  quiet: { type: 'boolean', describe: 'No progress, no remarks' },
};

/** What yargs hands over: strings, booleans, or arrays where an option came more than once. */
export type RawArguments = Readonly<Record<string, unknown>>;

/**
 * Checks what came against what a command declares. Throws an InputError that names the option, what came and what
 * was expected; an unknown option names the nearest that exists.
 */
export function checkArguments(command: Command, raw: RawArguments): Arguments {
  const specs: Readonly<Record<string, OptionSpec>> = { ...COMMON_OPTIONS, ...command.options };
  const positionals = command.positionals ?? [];
  const known = new Set([
    ...Object.keys(specs),
    ...positionals.map((p) => p.name),
    '_',
    '$0',
    'help',
    'version',
  ]);
  for (const name of Object.keys(raw)) {
    if (!known.has(name)) throw unknownOption(command.name, name, raw[name], Object.keys(specs));
  }
  const extra = (raw._ as readonly unknown[] | undefined) ?? [];
  if (extra.length > 0) {
    throw new InputError({
      code: 'unexpected-argument',
      message: `"${command.name}" does not take the argument "${String(extra[0])}".`,
      field: command.name,
      value: extra[0],
      expected: positionals.length === 0 ? 'options only' : positionals.map((p) => p.name).join(' '),
      hint: `See makergym ${command.name} --help.`,
    });
  }
  const checked: Record<string, Arguments[string]> = {};
  for (const positional of positionals) {
    const value = raw[positional.name];
    const values = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
    if (positional.required && values.length === 0) {
      throw missing(command.name, positional.name, positional.describe);
    }
    if (values.length > 0) checked[positional.name] = positional.many ? values : values[0];
  }
  for (const [name, spec] of Object.entries(specs)) {
    const value = raw[name];
    if (value === undefined) {
      if (spec.required) throw missing(command.name, `--${name}`, spec.describe);
      if (spec.default !== undefined) checked[name] = spec.default;
      continue;
    }
    checked[name] = checkOption(`--${name}`, spec, value);
  }
  return checked;
}

function checkOption(name: string, spec: OptionSpec, value: unknown): Arguments[string] {
  if (spec.type === 'list')
    return (Array.isArray(value) ? value : [value]).map((item) => text(name, spec, item));
  if (Array.isArray(value)) {
    throw new InputError({
      code: 'repeated-option',
      message: `${name} was given ${value.length} times.`,
      field: name,
      value,
      expected: 'one value',
      hint: 'Give it once.',
    });
  }
  if (spec.type === 'boolean') return value === true || value === 'true';
  const string = text(name, spec, value);
  return spec.type === 'number' ? checkNumber(name, spec, string) : checkChoice(name, spec, string);
}

function text(name: string, spec: OptionSpec, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError({
    code: 'missing-value',
    message: `${name} needs a value.`,
    field: name,
    value,
    expected: spec.placeholder ?? spec.type,
    hint: `${spec.describe}.`,
  });
}

function checkNumber(name: string, spec: OptionSpec, string: string): number {
  const value = Number(string.replaceAll('_', ''));
  const low = spec.minimum ?? Number.NEGATIVE_INFINITY;
  const above = spec.above ?? Number.NEGATIVE_INFINITY;
  const high = spec.maximum ?? Number.POSITIVE_INFINITY;
  if (
    Number.isFinite(value) &&
    value >= low &&
    value > above &&
    value <= high &&
    (!spec.integer || Number.isSafeInteger(value))
  ) {
    return value;
  }
  const kind = spec.integer ? 'a whole number' : 'a number';
  const range =
    spec.above !== undefined
      ? ` above ${above}`
      : spec.minimum === undefined && spec.maximum === undefined
        ? ''
        : spec.maximum === undefined
          ? ` of at least ${low}`
          : ` from ${low} to ${high}`;
  throw new InputError({
    code: 'bad-number',
    message: `${name} ${string} is not ${kind}${range}.`,
    field: name,
    value: string,
    expected: kind + range,
    hint: `${spec.describe}.`,
  });
}

function checkChoice(name: string, spec: OptionSpec, value: string): string {
  if (spec.choices === undefined || spec.choices.includes(value)) return value;
  const near = nearestMatch(value, spec.choices);
  throw new InputError({
    code: 'unknown-value',
    message: `${name} does not know "${value}".`,
    field: name,
    value,
    expected: `one of ${spec.choices.join(', ')}`,
    hint: near === undefined ? `Use one of ${spec.choices.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

function missing(command: string, what: string, describe: string): InputError {
  return new InputError({
    code: 'missing-option',
    message: `"${command}" needs ${what}.`,
    field: what,
    expected: describe,
    hint: `See makergym ${command} --help.`,
  });
}

function unknownOption(command: string, name: string, value: unknown, known: readonly string[]): InputError {
  const near = nearestMatch(name, known);
  return new InputError({
    code: 'unknown-option',
    message: `"${command}" has no option --${name}.`,
    field: `--${name}`,
    value,
    expected: known.map((option) => `--${option}`).join(', '),
    hint: near === undefined ? `See makergym ${command} --help.` : `Did you mean --${near}?`,
  });
}
