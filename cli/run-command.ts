import { createRequire } from 'node:module';
import { InputError, InterruptedError, MakergymError, RunError } from '../base/errors.ts';
import { COMMON_OPTIONS, checkArguments, DEFAULT_SEED, type RawArguments } from './arguments.ts';
import type { Arguments, Command, CommandContext } from './command.ts';
import type { Config, Settings } from './config.ts';
import { SILENT, startProgress } from './progress.ts';

export const VERSION: string = createRequire(import.meta.url)('makergym/package.json').version;

/** Exit codes that scripts rely on. */
export const EXIT = { success: 0, failure: 1, badInput: 2, interrupted: 130 } as const;

/** Runs one command with what yargs parsed; prints its result or its error and returns the exit code. */
export async function runCommand(command: Command, raw: RawArguments): Promise<number> {
  const json = raw.json === true;
  const interrupt = watchInterrupts();
  try {
    const args = checkArguments(command, raw);
    const { settings, config } = await configure(command, args);
    const given = new Set(leafPaths(settings));
    const context = createContext(config, given, args, interrupt.signal);
    let told = false;
    const announce = (fields: Readonly<Record<string, unknown>>): void => {
      told = true;
      const head = json ? { command: command.name, version: VERSION, seed: context.seed } : {};
      process.stdout.write(`${JSON.stringify({ ...head, ...fields })}\n`);
    };
    const result = await command.run(args, Object.assign(context, { announce }));
    if (json && !told) announce(result);
    // What did its work and found what should agree not to: the result is printed all the same.
    const failed = result.equal === false || result.within === false;
    return failed ? EXIT.failure : EXIT.success;
  } catch (error) {
    return reportError(error, json);
  } finally {
    interrupt.stop();
  }
}

/** Tells a person (stderr) or a program (`{"error": …}` on stdout) what went wrong; returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  if (process.env.MAKERGYM_DEBUG) console.error(error);
  const known = error instanceof MakergymError ? error : unexpected(error);
  const { code, message, field = null, value = null, expected, hint } = known;
  if (json) {
    const details = { code, message, field, value, expected: expected ?? null, hint: hint ?? null };
    process.stdout.write(`${JSON.stringify({ error: details })}\n`);
  } else {
    const lines = [`error: ${message}`];
    if (expected !== undefined) lines.push(`  expected: ${expected}`);
    if (hint !== undefined) lines.push(`  ${hint}`);
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  if (known instanceof InterruptedError) return EXIT.interrupted;
  return known instanceof InputError ? EXIT.badInput : EXIT.failure;
}

function unexpected(error: unknown): MakergymError {
  const { code, message, path } = error as Partial<NodeJS.ErrnoException>;
  if (error instanceof Error && typeof code === 'string' && 'syscall' in error) {
    // The system said no: a folder that may not be written, a disk that is gone, too many open files.
    return new RunError(
      { code: 'system', message: `${message}.`, field: path, value: code },
      { cause: error },
    );
  }
  return new MakergymError(
    {
      code: 'unexpected',
      message: `Unexpected failure: ${error instanceof Error ? message : String(error)}.`,
      hint: 'This is a defect of makergym. Run again with MAKERGYM_DEBUG=1 to see where it happened.',
    },
    { cause: error },
  );
}

/** Reads and checks the configuration, where the command reads of it or a user gave of it. */
async function configure(
  command: Command,
  args: Arguments,
): Promise<{ readonly settings: Settings; readonly config?: Config }> {
  if (command.configured === false && args.config === undefined && args.set === undefined)
    return { settings: {} };
  const { assign, parseAssignment, readConfigFile, resolveConfig } = await import('./config.ts');
  const settings: Settings = typeof args.config === 'string' ? readConfigFile(args.config) : {};
  for (const text of (args.set as readonly string[] | undefined) ?? []) {
    const { path, value } = parseAssignment(text);
    assign(settings, path, value);
  }
  for (const [name, spec] of Object.entries({ ...COMMON_OPTIONS, ...command.options })) {
    const value = args[name];
    if (spec.config === undefined || value === undefined) continue;
    const parsed = spec.parse === undefined ? value : spec.parse(String(value));
    // What an option does not speak of stays as the file or --set says.
    for (const [path, part] of leaves(parsed, spec.config)) assign(settings, path, part);
  }
  return { settings, config: resolveConfig(settings) };
}

function leaves(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).map(([key, part]) => [`${path}.${key}`, part]);
}

function leafPaths(settings: Settings, prefix = ''): string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return nested ? leafPaths(value as Settings, `${prefix}${key}.`) : [`${prefix}${key}`];
  });
}

/** The context a command runs in; `npm start` makes one for each command of its chain. */
export function createContext(
  config: Config | undefined,
  given: ReadonlySet<string>,
  args: Arguments,
  signal: AbortSignal,
): CommandContext {
  const quiet = args.quiet === true;
  const json = args.json === true;
  return {
    get config() {
      if (config === undefined) throw new Error('a command that is not configured reads the configuration');
      return config;
    },
    seed: config?.seed ?? (args.seed as number | undefined) ?? DEFAULT_SEED,
    given,
    signal,
    progress: (title, total, unit) => (quiet ? SILENT : startProgress(title, total, unit)),
    log: (line) => {
      if (!quiet) process.stderr.write(`${line}\n`);
    },
    print: (text) => {
      if (!json) process.stdout.write(`${text}\n`);
    },
  };
}

/** Aborts on the first Ctrl-C, so that work can be left resumable; the second ends the process at once. */
function watchInterrupts(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nStopping; press Ctrl-C again to stop at once.\n');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
