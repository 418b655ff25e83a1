import { InputError, nearestMatch } from '../../base/errors.ts';

/** A model as it is written at the command line: `NAME:VALUE,VALUE,key=value`. */
export interface ModelText {
  readonly name: string;
  readonly values: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

/** What an option asks of the models it takes. */
export interface ModelGrammar {
  /** As in `--latency`. */
  readonly option: string;
  /** What is wrong with a model's parameters, as an error code. */
  readonly code: string;
  /** Names, the most values each takes, its keys, and words that stand for themselves. */
  readonly models: Readonly<
    Record<
      string,
      {
        readonly values: number;
        readonly keys: readonly string[];
        readonly flags?: readonly string[];
        readonly example: string;
      }
    >
  >;
  /** As in `latency model`. */
  readonly what: string;
}

/** Reads a model; a flag is named with an empty text. Throws an InputError for an unknown name or key (with the nearest), a
 * key given twice or without what it needs, and values too many. */
export function parseModelText(text: string, grammar: ModelGrammar): ModelText {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const names = Object.keys(grammar.models);
  if (!Object.hasOwn(grammar.models, name)) {
    const near = nearestMatch(name, names);
    throw new InputError({
      code: `unknown-${grammar.what.replaceAll(' ', '-')}`,
      message: `Unknown ${grammar.what} "${name}".`,
      field: grammar.option,
      value: text,
      expected: `one of ${names.join(', ')}`,
      hint: near === undefined ? `Use one of ${names.join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  const { keys, flags = [], values: most, example } = grammar.models[name];
  const values: string[] = [];
  const named: Record<string, string> = {};
  for (const part of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const [before, ...rest] = part.split('=');
    const key = before.trim();
    const isKey = keys.includes(key);
    const isFlag = flags.includes(key);
    if (!isKey && !isFlag) {
      if (rest.length > 0) throw unknownParameter(text, name, key, grammar);
      values.push(key);
      continue;
    }
    if (Object.hasOwn(named, key)) throw badModel(text, grammar, `${key} once`, example);
    if (isFlag && rest.length > 0)
      throw badModel(text, grammar, `${key} without a value, or not at all`, example);
    if (isKey && rest.length === 0) throw badModel(text, grammar, `${key} with a value, ${key}=…`, example);
    named[key] = rest.join('=').trim();
  }
  if (values.length <= most && !values.includes('')) return { name, values, named };
  throw badModel(text, grammar, `${name} with at most ${most} value${most === 1 ? '' : 's'}`, example);
}

/** A number of a model, within a range. */
export function numberIn(
  text: string,
  value: string,
  grammar: ModelGrammar,
  range: { readonly above?: number; readonly from?: number; readonly to?: number; readonly below?: number },
  name: string,
): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const { above = -Infinity, from = -Infinity, to = Infinity, below = Infinity } = range;
  if (number > above && number >= from && number <= to && number < below && Number.isFinite(number)) {
    return number;
  }
  const bounds = [
    range.above === undefined ? '' : `above ${range.above}`,
    range.from === undefined ? '' : `from ${range.from}`,
    range.to === undefined ? '' : `to ${range.to}`,
    range.below === undefined ? '' : `up to, not including, ${range.below}`,
  ].filter((part) => part !== '');
  throw badModel(text, grammar, `${name} as a number ${bounds.join(' ')}`.trim());
}

export function badModel(
  text: string,
  grammar: ModelGrammar,
  expected: string,
  example?: string,
): InputError {
  return new InputError({
    code: grammar.code,
    message: `${grammar.option} ${text} does not name a ${grammar.what}.`,
    field: grammar.option,
    value: text,
    expected,
    hint: `Write it like ${example ?? exampleOf(text, grammar)}.`,
  });
}

/** How the model that a text begins with is written. */
function exampleOf(text: string, { models }: ModelGrammar): string {
  const name = text.split(':')[0].trim();
  return (Object.hasOwn(models, name) ? models[name] : Object.values(models)[0]).example;
}

function unknownParameter(text: string, name: string, key: string, grammar: ModelGrammar): InputError {
  const { keys: withValue, flags = [], example } = grammar.models[name];
  const keys = [...withValue, ...flags];
  const near = nearestMatch(key, keys);
  return new InputError({
    code: grammar.code,
    message: `The ${grammar.what} ${name} has no parameter "${key}".`,
    field: grammar.option,
    value: text,
    expected: keys.length === 0 ? `${name} without parameters by name` : `one of ${keys.join(', ')}`,
    hint: near === undefined ? `Write it like ${example}.` : `Did you mean "${near}"?`,
  });
}
