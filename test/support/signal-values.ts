import type { SignalView } from '../../market/signal-view.ts';
import { Signals } from '../../market/signals.ts';

/** Properties of Signals that are no signals. */
const OTHERS = new Set(['ready', 'time', 'lowestBid', 'highestAsk']);

const NAMES = Object.entries(Object.getOwnPropertyDescriptors(Signals.prototype))
  .filter(([name, { get }]) => get !== undefined && !OTHERS.has(name))
  .map(([name]) => name as keyof SignalView);

/** Every signal as a number with its name, those of levels one by one. */
export function signalValues(signals: SignalView): [string, number][] {
  return NAMES.flatMap((name) => {
    const value: unknown = signals[name];
    if (typeof value === 'number') return [[name, value]];
    if (!(value instanceof Float64Array)) return [];
    return [...value].map((x, i): [string, number] => [`${name}[${i}]`, x]);
  });
}
