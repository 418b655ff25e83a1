import { InputError } from '../../base/errors.ts';
import { MICROSECONDS, parseDuration } from '../../base/time.ts';
import type { Arguments, OptionSpec } from '../command.ts';

/** How often a recording is synced, the same for `record` and `shadow`. */
export const SYNC_OPTION: Readonly<Record<'sync-interval', OptionSpec>> = {
  'sync-interval': {
    type: 'string',
    describe: 'how often the files are synced to disk: at most this much is lost to a crash',
    default: '5s',
    placeholder: 'D',
  },
};

/** `--sync-interval` in s. */
export function parseSync(args: Arguments): number {
  const text = String(args['sync-interval']);
  const seconds = parseDuration(text, 'sync-interval') / MICROSECONDS;
  if (seconds >= 0.1 && seconds <= 600) return seconds;
  throw new InputError({
    code: 'bad-duration',
    message: `--sync-interval ${text} is out of range.`,
    field: 'sync-interval',
    value: text,
    expected: '100ms to 10m',
  });
}
