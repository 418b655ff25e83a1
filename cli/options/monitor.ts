import { InputError } from '../../base/errors.ts';
import { LOG_LEVELS, type LogLevel } from '../../live/monitor/log-level.ts';
import type { MonitorOptions } from '../../live/monitor/monitor.ts';
import type { Arguments, CommandContext, OptionSpec } from '../command.ts';
import { VERSION } from '../run-command.ts';

/** Options of commands that run for long and can be watched. */
export const MONITOR_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'monitor-port': {
    type: 'number',
    describe: 'serve /metrics and /healthz here; 0 takes a free port; nothing listens without it',
    integer: true,
    minimum: 0,
    maximum: 65535,
    placeholder: 'P',
  },
  'monitor-host': {
    type: 'string',
    describe: 'address to listen at (default 127.0.0.1: this machine alone)',
    placeholder: 'HOST',
  },
  'monitor-remote': { type: 'boolean', describe: 'let other machines reach --monitor-host' },
  'monitor-names': {
    type: 'string',
    describe: 'names, besides addresses, by which it may be called, with commas',
    placeholder: 'NAMES',
  },
  log: { type: 'string', describe: 'what happens, as JSON lines; - for stderr', placeholder: 'FILE' },
  'log-level': { type: 'string', describe: 'what the log holds', choices: LOG_LEVELS },
};

/** What the options ask for; throws an InputError for one that goes with another which is missing. */
export function monitorOptions(
  args: Arguments,
  info: Readonly<Record<string, string>>,
): MonitorOptions | undefined {
  const port = args['monitor-port'] as number | undefined;
  for (const name of ['monitor-host', 'monitor-remote', 'monitor-names']) {
    if (port === undefined && args[name] !== undefined) throw missing(name, 'monitor-port', args[name]);
  }
  const log = args.log as string | undefined;
  const level = args['log-level'] as LogLevel | undefined;
  if (log === undefined && level !== undefined) throw missing('log-level', 'log', level);
  if (port === undefined && log === undefined) return undefined;
  return {
    info: { version: VERSION, ...info },
    listen:
      port === undefined
        ? undefined
        : {
            port,
            host: args['monitor-host'] as string | undefined,
            remote: args['monitor-remote'] === true,
            names: parseNames(args['monitor-names'] as string | undefined),
          },
    log: log === undefined ? undefined : { to: log, level },
  };
}

/** How a command tells people what happens: not at all where stderr is the log's. */
export function peopleLog(args: Arguments, context: CommandContext): (line: string) => void {
  return args.log === '-' ? () => undefined : context.log;
}

function parseNames(text: string | undefined): readonly string[] {
  const names = text === undefined ? [] : text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(name)) continue;
    throw new InputError({
      code: 'bad-name',
      message: `"${name}" is no name of a host.`,
      field: 'monitor-names',
      value: text,
      expected: 'names with commas, without scheme and port',
      hint: 'For example metrics.internal,host.docker.internal.',
    });
  }
  return names;
}

function missing(given: string, wanted: string, value: unknown): InputError {
  return new InputError({
    code: 'missing-option',
    message: `--${given} does nothing without --${wanted}.`,
    field: given,
    value,
    expected: `--${wanted} beside it`,
    hint:
      wanted === 'log' ? 'Add --log FILE, or --log - for stderr.' : 'Add --monitor-port 9464, for example.',
  });
}
