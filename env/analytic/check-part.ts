import { InputError, unknownName } from '../../base/errors.ts';
import { checkOptionKeys } from '../options.ts';

/** What a number may be; without bounds any finite number. `choices` are words instead. */
export interface Rule {
  readonly default?: number | string;
  readonly above?: number;
  readonly from?: number;
  readonly below?: number;
  readonly to?: number;
  readonly integer?: boolean;
  readonly choices?: readonly string[];
}

export type Rules = Readonly<Record<string, Rule>>;

/**
 * Completes settings by their rules' defaults. Throws an InputError that names `field.key`, its value and what was
 * expected; an unknown key is told with the nearest.
 */
export function checkSettings(
  field: string,
  given: unknown,
  rules: Rules,
): Readonly<Record<string, number | string>> {
  const settings = requireObject(field, given);
  checkOptionKeys(field, settings, Object.keys(rules));
  const complete: Record<string, number | string> = {};
  for (const [key, rule] of Object.entries(rules)) {
    const value = settings[key] ?? rule.default;
    const name = `${field}.${key}`;
    if (rule.choices !== undefined) {
      if (typeof value !== 'string' || !rule.choices.includes(value)) {
        throw unknownName(name, String(value), rule.choices);
      }
      complete[key] = value;
    } else {
      if (!allowed(value, rule)) throw badValue(name, value, describeRule(rule));
      complete[key] = value;
    }
  }
  return complete;
}

/** The part that `given[key]` names, and its settings completed. An unknown name is told with the nearest. */
export function checkPart(
  field: string,
  given: unknown,
  key: string,
  parts: Readonly<Record<string, Rules>>,
): { readonly name: string; readonly settings: Readonly<Record<string, number | string>> } {
  const { [key]: name, ...settings } = requireObject(field, given);
  if (typeof name !== 'string' || !Object.hasOwn(parts, name)) {
    throw unknownName(`${field}.${key}`, String(name), Object.keys(parts));
  }
  return { name, settings: checkSettings(field, settings, parts[name]) };
}

export function badValue(field: string, value: unknown, expected: string, hint?: string): InputError {
  return new InputError({
    code: 'bad-parameter',
    message: `${field} cannot be ${String(value)}; expected ${expected}.`,
    field,
    value,
    expected,
    hint: hint ?? `Give ${field} ${expected}.`,
  });
}

function requireObject(field: string, given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    return given as Readonly<Record<string, unknown>>;
  }
  throw badValue(field, given, 'an object of settings');
}

function allowed(value: unknown, rule: Rule): value is number {
  return (
    typeof value === 'number' &&
    (Number.isFinite(value) || value === rule.default) &&
    !(value <= (rule.above ?? Number.NEGATIVE_INFINITY)) &&
    !(value < (rule.from ?? Number.NEGATIVE_INFINITY)) &&
    !(value >= (rule.below ?? Number.POSITIVE_INFINITY) && rule.below !== undefined) &&
    !(value > (rule.to ?? Number.POSITIVE_INFINITY)) &&
    (rule.integer !== true || Number.isInteger(value))
  );
}

function describeRule(rule: Rule): string {
  const bounds = [
    rule.above === undefined ? undefined : `above ${rule.above}`,
    rule.from === undefined ? undefined : `of at least ${rule.from}`,
    rule.below === undefined ? undefined : `below ${rule.below}`,
    rule.to === undefined ? undefined : `of at most ${rule.to}`,
  ].filter((bound) => bound !== undefined);
  const kind = rule.integer === true ? 'a whole number' : 'a number';
  return bounds.length === 0 ? `${kind.replace('a ', 'a finite ')}` : `${kind} ${bounds.join(' and ')}`;
}
