import { DEFAULT_LANE, type LaneSettings } from '../settings.ts';

/** How a lane trades, for people: names and values of what matters under the models chosen. */
export function describeExchange(settings: LaneSettings): readonly (readonly [string, string])[] {
  const impact = settings.impact ?? DEFAULT_LANE.impact;
  const minimums = [
    settings.minQuantity ? `${settings.minQuantity} base` : '',
    settings.minNotional ? `${settings.minNotional} quote` : '',
  ].filter((text) => text !== '');
  return [
    ['Latency', describeLatency(settings)],
    ['Queue model', describeQueue(settings)],
    ['Fees', describeFees(settings)],
    ['Time in force', settings.timeInForce ?? DEFAULT_LANE.timeInForce],
    ...(minimums.length === 0 ? [] : [['Smallest order', minimums.join(', ')] as const]),
    ...(impact.share === 0
      ? []
      : [
          [
            'Impact',
            `${100 * impact.share} % of each own fill, back to 1/e in ${impact.decayMs} ms`,
          ] as const,
        ]),
  ];
}

function describeLatency({ latency }: LaneSettings): string {
  const all = { ...DEFAULT_LANE.latency, ...latency };
  const legs = `${all.entryMs} ms there, ${all.responseMs} ms back`;
  const feed = all.feedMs === 0 ? '' : `, market data ${all.feedMs} ms`;
  switch (all.model) {
    case 'log-normal':
      return `log-normal, median ${legs}${feed}, σ ${Number(all.sigma.toPrecision(4))}`;
    case 'spikes':
      return (
        `${legs}${feed}, jitter ${all.jitterMs} ms, spikes of ${all.spikeMs} ms for ${all.spikeDurationMs} ms ` +
        `${100 * all.spikeProbability} % of the time`
      );
    case 'tape':
      return `delays of ${all.file ?? 'the tape'} × ${all.scale}, plus ${legs}${feed}`;
    case 'file':
      return `${all.file} × ${all.scale}, plus ${legs}${feed}`;
    default:
      return `${legs}${feed}`;
  }
}

function describeQueue({ queue }: LaneSettings): string {
  if (queue.model === 'power') return `power, n = ${queue.exponent}`;
  if (queue.model === 'pro-rata') return `pro-rata, ${100 * (queue.fifoShare ?? 0)} % by time`;
  return queue.model;
}

function describeFees({ fees }: LaneSettings): string {
  const all = { ...DEFAULT_LANE.fees, ...fees };
  const bnb = all.bnb ? ', paid in BNB' : '';
  switch (all.model) {
    case 'quantity':
      return `maker ${all.makerPerUnit}, taker ${all.takerPerUnit} per unit`;
    case 'tiers':
      return `${all.tiers.length} tiers by 30-day volume, from ${all.startingVolume}`;
    case 'binance-spot':
    case 'binance-usdm':
      return `${all.model}, ${all.tier ?? `tier by 30-day volume, from ${all.startingVolume}`}${bnb}`;
    default:
      return `maker ${all.makerBps} bps, taker ${all.takerBps} bps`;
  }
}
