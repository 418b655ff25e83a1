import { InputError } from '../../base/errors.ts';
import type { ImpactSettings } from '../settings.ts';
import { Impact } from './impact.ts';

/** What own fills do to the book by these settings; null where they do nothing. Throws an InputError for a share outside
 * [0, 1] and a decay that is not positive. */
export function createImpact(settings: ImpactSettings | undefined): Impact | null {
  if (settings === undefined || settings.share === 0) return null;
  const { share, decayMs } = settings;
  if (!(share > 0 && share <= 1)) throw badImpact('share', share, 'a share from 0 to 1');
  if (!(decayMs > 0) || !Number.isFinite(decayMs)) throw badImpact('decayMs', decayMs, 'more than 0 ms');
  return new Impact({ share, decay: 1000 * decayMs });
}

function badImpact(key: keyof ImpactSettings, value: number, expected: string): InputError {
  return new InputError({
    code: 'bad-impact',
    message: `An impact with a ${key} of ${value} is not possible.`,
    field: `lane.impact.${key}`,
    value,
    expected,
    hint: 'Use --impact 5s, or --impact 5s,0.5 for half of each fill.',
  });
}
