import { InputError } from '../../base/errors.ts';
import { parseDuration } from '../../base/time.ts';
import type { ImpactSettings } from '../../env/settings.ts';

/** `off`, `5s`, or `5s,0.5`: the time in which what own fills took comes back, and the share of them that counts. */
export function parseImpact(text: string): Partial<ImpactSettings> {
  if (text.trim() === 'off') return { share: 0 };
  const [time, part = '1', ...rest] = text.split(',');
  const decayMs = parseDuration(time, '--impact') / 1000;
  const share = part.trim() === '' ? Number.NaN : Number(part);
  const usable = decayMs > 0 && decayMs <= 86_400_000 && share > 0 && share <= 1;
  if (usable && rest.length === 0) return { share, decayMs };
  throw new InputError({
    code: 'bad-impact',
    message: `--impact ${text} is no decay time with a share.`,
    field: '--impact',
    value: text,
    expected: 'off, a duration of at most 1d, or a duration and a share above 0, up to 1, with a comma',
    hint: 'Write it like 5s or 5s,0.5.',
  });
}
