/** What a person needs to mend a mistake: which field, what it was, what it should have been, what to do. */
export interface ErrorDetails {
  /** Stable, machine-readable name of the kind of error, in kebab-case, e.g. `unknown-option`. */
  readonly code: string;
  readonly message: string;
  /** Option, column, file or key at fault. */
  readonly field?: string;
  /** The value that came. */
  readonly value?: unknown;
  /** What was expected instead. */
  readonly expected?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** An error that is told to a person in full sentences. Every error makergym raises on purpose is one. */
export class MakergymError extends Error implements ErrorDetails {
  readonly code: string;
  readonly field?: string;
  readonly value?: unknown;
  readonly expected?: string;
  readonly hint?: string;

  constructor(details: ErrorDetails, options?: { cause?: unknown }) {
    super(details.message, options);
    this.name = new.target.name;
    this.code = details.code;
    this.field = details.field;
    this.value = details.value;
    this.expected = details.expected;
    this.hint = details.hint;
  }
}

/** The caller gave something unusable: an option, a file, a config key. The command line exits with 2. */
export class InputError extends MakergymError {}

/** Something that was going well went wrong: a disk filled, a loss diverged. The command line exits with 1. */
export class RunError extends MakergymError {}

/** Work was interrupted by its AbortSignal; what was written is resumable. The command line exits with 130. */
export class InterruptedError extends MakergymError {
  constructor(message = 'Interrupted.', hint?: string) {
    super({ code: 'interrupted', message, hint });
  }
}

/**
 * The candidate closest to `word` by edit distance, when it is close enough to be what was meant; else the shortest that
 * holds it whole, as `tfjs-cpu` holds `cpu`.
 */
export function nearestMatch(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1;
  let holder: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
    const holds = wanted.length > 2 && candidate.toLowerCase().includes(wanted);
    if (holds && (holder === undefined || candidate.length < holder.length)) holder = candidate;
  }
  return best ?? holder;
}

/** An {@link InputError} for a name that is not in a list, naming the nearest one that is. */
export function unknownName(what: string, value: string, known: readonly string[], field = what): InputError {
  const near = nearestMatch(value, known);
  return new InputError({
    code: `unknown-${what.replaceAll(' ', '-')}`,
    message: `Unknown ${what} "${value}".`,
    field,
    value,
    expected: `one of ${known.join(', ')}`,
    hint: near === undefined ? `Use one of ${known.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j] + 1, current[j - 1] + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length];
}
