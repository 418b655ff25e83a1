import { InputError } from '../../base/errors.ts';
import { refuseSameFile } from '../../base/files.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import { fitMarket, type MarketFit } from '../../market/simulated/fit/fit-market.ts';
import { goodnessOf, writeMarketFile } from '../../market/simulated/market-file.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { TapeInfo } from '../../market/tape/rows.ts';
import type { Command } from '../command.ts';
import { spanOptions } from '../options/lane.ts';

export const run: Command['run'] = async (args, context) => {
  const path = String(args.TAPE);
  const out = String(args.out);
  refuseSameFile(out, '--out', [path]);
  const tape = openTape(path);
  try {
    const { info } = tape;
    const span = stretchOf(info, spanOptions(args));
    const seconds = (info.end - info.start) / MICROSECONDS;
    const progress = context.progress('Fitting', Math.round(2 * seconds), 's');
    const fit = fitMarket(tape, {
      ...span,
      signal: context.signal,
      onProgress: (time, pass) =>
        progress.update(Math.round(pass * seconds + (time - info.start) / MICROSECONDS)),
    });
    progress.done();
    writeMarketFile(out, fit, info, span);
    const { symbol, venue } = info.instrument;
    context.print(`${out}: ${symbol} on ${venue}, ${formatTime(span.start)} to ${formatTime(span.end)}`);
    context.print(describe(fit));
    const { seconds: known, marketOrders, limitOrders, cancels, emptied } = fit.events;
    return {
      out,
      instrument: info.instrument,
      span: { start: formatTime(span.start), end: formatTime(span.end) },
      events: { knownSeconds: known, marketOrders, limitOrders, cancels, emptiedQueues: emptied },
      parameters: summary(fit),
      goodness: goodnessOf(fit),
    };
  } finally {
    tape.close();
  }
};

/** The stretch of the tape that is fitted to. Throws an InputError where nothing of the tape lies in it. */
function stretchOf(info: TapeInfo, { start = info.start, end = info.end }: ReturnType<typeof spanOptions>) {
  const stretch = { start: Math.max(start, info.start), end: Math.min(end, info.end) };
  if (stretch.start <= stretch.end) return stretch;
  const field = end < info.start ? '--end' : '--start';
  throw new InputError({
    code: 'empty-stretch',
    message: `Nothing of the tape lies from ${formatTime(start)} to ${formatTime(end)}.`,
    field,
    value: formatTime(field === '--start' ? start : end),
    expected: `times of the tape, ${formatTime(info.start)} to ${formatTime(info.end)}`,
    hint: 'Check --start and --end.',
  });
}

/** The parameters that are single numbers; the file has all. */
function summary({ parameters, errors, theta, hawkes }: MarketFit) {
  const of = (value: number, standardError: number) => ({
    value,
    standardError: Number.isFinite(standardError) ? standardError : null,
  });
  const { orders } = parameters;
  return {
    theta: of(theta, errors.theta),
    baseRate: of(orders.base, errors.orders.base),
    branchingRatio: of(hawkes.branchingRatio, hawkes.branchingRatioError),
    ...Object.fromEntries(
      orders.decay.flatMap((decay, k) => [
        [`decay${k + 1}`, of(decay, errors.orders.decay[k])],
        [`same${k + 1}`, of(orders.same[k], errors.orders.same[k])],
        [`cross${k + 1}`, of(orders.cross[k], errors.orders.cross[k])],
      ]),
    ),
  };
}

function describe(fit: MarketFit): string {
  const { parameters, errors, events, hawkes } = fit;
  const per = (count: number) => (count / events.seconds).toPrecision(3);
  const { orders, touch } = parameters;
  // At the edge of what the likelihood may look at there is no curvature to tell an error by.
  const se = (value: number, error: number) =>
    `${value.toPrecision(3)}${Number.isFinite(error) ? ` ± ${error.toPrecision(2)}` : ' (its error unknown)'}`;
  return [
    `a second: market orders ${per(events.marketOrders)}, limit orders ${per(events.limitOrders)}, cancels ` +
      `${per(events.cancels)}, best queues emptied ${per(events.emptied)}`,
    `best queue by size, small to large: limit orders/s ${list(touch.limit)}; cancels/s ${list(touch.cancel)}`,
    `an emptied queue moves the reference price with probability ${se(fit.theta, errors.theta)}`,
    `market orders a second and side that nothing brings about: ${se(orders.base, errors.orders.base)}; an order brings ` +
      `about ${se(hawkes.branchingRatio, hawkes.branchingRatioError)} more, ` +
      orders.decay
        .map(
          (decay, k) =>
            `${(orders.same[k] + orders.cross[k]).toPrecision(2)} within ${(1 / decay).toPrecision(2)} s`,
        )
        .join(', '),
    `Hawkes: log-likelihood ${hawkes.logLikelihood.toFixed(0)} (Poisson ${hawkes.poissonLogLikelihood.toFixed(0)}), ` +
      `distance of the residuals from the exponential ${hawkes.residualKs.toFixed(3)}`,
  ].join('\n');
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toPrecision(2)).join(' ');
}
