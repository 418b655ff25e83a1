import { type Distribution, kolmogorovSmirnov, wasserstein } from './distribution.ts';
import type { MarketFacts } from './facts.ts';

/** A fact of two markets beside each other. A figure that a tape cannot give is null. */
export interface ComparedFact {
  readonly fact: string;
  readonly unit: string;
  /** What `a` and `b` are of the fact: a mean, a median, an R². */
  readonly figure: string;
  readonly a: number | null;
  readonly b: number | null;
  /** (b − a) / a. */
  readonly relativeDifference: number | null;
  /** Of the distributions: Kolmogorov–Smirnov (0 to 1), Wasserstein-1 in the unit. */
  readonly ks: number | null;
  readonly wasserstein: number | null;
  /** Of curves: mean absolute difference of their points; of the signature plot, of the logarithms. */
  readonly meanAbsoluteDifference: number | null;
}

/** The facts of two markets side by side, with a distance for each. */
export function compareFacts(a: MarketFacts, b: MarketFacts): ComparedFact[] {
  const distribution = (
    fact: string,
    unit: string,
    figure: 'mean' | 'median',
    of: (facts: MarketFacts) => Distribution,
  ): ComparedFact => {
    const [one, other] = [of(a), of(b)];
    const value = (d: Distribution) => (figure === 'mean' ? d.mean : finite(d.quantile(0.5)));
    return {
      ...figures(fact, unit, figure, value(one), value(other)),
      ks: kolmogorovSmirnov(one, other),
      wasserstein: finite(wasserstein(one, other)),
    };
  };
  const points = (of: (facts: MarketFacts) => readonly (number | null)[]) => meanDifference(of(a), of(b));
  const regression = (facts: MarketFacts, seconds: number) =>
    facts.inspection.ofiRegression.find(({ horizonSeconds }) => horizonSeconds === seconds)?.r2 ?? null;
  const rate = ({ orders, knownSeconds }: MarketFacts) => (knownSeconds > 0 ? orders / knownSeconds : null);
  const sigma = (facts: MarketFacts, seconds: number) =>
    facts.signature.find(({ intervalSeconds }) => intervalSeconds === seconds)?.sigmaTicks ?? null;
  return [
    distribution('spread', 'ticks', 'mean', ({ spread }) => spread),
    distribution('best queue', 'base', 'median', ({ touch }) => touch),
    distribution('depth of the best five levels of a side', 'base', 'median', ({ depth }) => depth),
    figures('market orders', '1/s', 'rate', rate(a), rate(b)),
    distribution('time between market orders', 's', 'median', ({ orderGaps }) => orderGaps),
    distribution('time between book updates', 's', 'median', ({ updateGaps }) => updateGaps),
    distribution('size of a market order', 'base', 'median', ({ orderSizes }) => orderSizes),
    {
      ...figures('autocorrelation of order signs', '', 'lag 1', a.signCorrelation[0], b.signCorrelation[0]),
      meanAbsoluteDifference: points(({ signCorrelation }) => signCorrelation),
    },
    {
      ...figures('signature plot of volatility', 'ticks/√s', 'σ over 1 s', sigma(a, 1), sigma(b, 1)),
      meanAbsoluteDifference: points(({ signature }) =>
        signature.map(({ sigmaTicks }) =>
          sigmaTicks === null || sigmaTicks === 0 ? null : Math.log(sigmaTicks),
        ),
      ),
    },
    ...[1, 5, 10].map((seconds) =>
      figures(
        `mid change on order flow over ${seconds} s`,
        '',
        'R²',
        regression(a, seconds),
        regression(b, seconds),
      ),
    ),
    {
      ...distribution(
        'time to fill of an order at the best price',
        's',
        'median',
        ({ fillTimes }) => fillTimes,
      ),
      wasserstein: null,
    },
    figures('orders at the best price filled within a minute', '%', 'share', a.fillRatioPct, b.fillRatioPct),
  ];
}

function figures(
  fact: string,
  unit: string,
  figure: string,
  a: number | null,
  b: number | null,
): ComparedFact {
  const known = a !== null && b !== null && a !== 0;
  return {
    fact,
    unit,
    figure,
    a,
    b,
    relativeDifference: known ? (b - a) / Math.abs(a) : null,
    ks: null,
    wasserstein: null,
    meanAbsoluteDifference: null,
  };
}

function meanDifference(a: readonly (number | null)[], b: readonly (number | null)[]): number | null {
  const differences = a.flatMap((x, i) => {
    const y = b[i] ?? null;
    return x === null || y === null ? [] : [Math.abs(x - y)];
  });
  return differences.length === 0 ? null : differences.reduce((sum, d) => sum + d, 0) / differences.length;
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
