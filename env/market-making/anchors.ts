import { unknownName } from '../../base/errors.ts';
import type { Quoter } from '../quoter.ts';
import { MidQuoter } from './mid-quoter.ts';

const anchors = new Map<string, () => Quoter>([['mid', () => new MidQuoter()]]);

/** Makes an anchor known by name, so that settings can ask for it. The environment itself knows `mid` only: the
 * baselines live above it and are registered by whoever puts the two together. */
export function registerAnchor(name: string, make: () => Quoter): void {
  anchors.set(name, make);
}

/** A new anchor of this name, with its default parameters. Throws an InputError that names the nearest. */
export function makeAnchor(name: string): Quoter {
  const make = anchors.get(name);
  if (make === undefined) throw unknownName('anchor', name, [...anchors.keys()].sort());
  return make();
}
