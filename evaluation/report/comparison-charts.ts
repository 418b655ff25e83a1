import type { Distribution } from '../../market/comparison/distribution.ts';
import type { MarketFacts } from '../../market/comparison/facts.ts';
import { LONGEST_WAIT } from '../../market/comparison/fill-times.ts';
import { type Chart, INK, LEGEND, LINE, TEXT, valueAxis } from './chart.ts';

/** Two markets, each by the name it has in the charts. */
export interface ComparedMarkets {
  readonly names: readonly [string, string];
  readonly facts: readonly [MarketFacts, MarketFacts];
}

type Point = readonly [number, number];

const SIZE = { width: 540, height: 300 } as const;
const COLOURS = ['#3b82f6', '#f08c2e'] as const;
/** Points a distribution function is drawn with. */
const STEPS = 160;
const SPREADS = ['1', '2', '3', '4–8', '9–64', '65+'] as const;

/** One chart for each fact, in the order of the table. */
export function comparisonCharts(markets: ComparedMarkets): Chart[] {
  return [
    spreadChart(markets),
    functions(markets, 'touch', 'Best queue', 'base currency', ({ touch }) => touch),
    functions(
      markets,
      'depth',
      'Depth of the best five levels of a side',
      'base currency',
      ({ depth }) => depth,
    ),
    profileChart(markets),
    functions(markets, 'orders', 'Time between market orders', 's', ({ orderGaps }) => orderGaps),
    functions(markets, 'updates', 'Time between book updates', 's', ({ updateGaps }) => updateGaps),
    functions(markets, 'sizes', 'Size of a market order', 'base currency', ({ orderSizes }) => orderSizes),
    signsChart(markets),
    signatureChart(markets),
    flowChart(markets),
    functions(
      markets,
      'fills',
      'Time to fill of an order at the best price',
      's',
      ({ fillTimes }) => fillTimes,
      LONGEST_WAIT,
    ),
  ];
}

function spreadChart({ names, facts }: ComparedMarkets): Chart {
  const edges = [1, 2, 3, 8, 64, Number.POSITIVE_INFINITY];
  const shares = facts.map(({ spread }) =>
    edges.map((edge, i) => 100 * (spread.share(edge) - (i === 0 ? 0 : spread.share(edges[i - 1])))),
  );
  return chart('spread', 'Spread', {
    xAxis: category(SPREADS, 'ticks'),
    yAxis: valueAxis('% of time', { nameGap: 40, min: 0, max: 100 }),
    series: shares.map((data, i) => ({ ...bars(names[i], i), data })),
  });
}

function profileChart({ names, facts }: ComparedMarkets): Chart {
  const levels = facts[0].inspection.depth.map(({ level }) => `L${level}`);
  return chart('profile', 'Mean quantity of a level, bid and ask', {
    xAxis: category(levels, ''),
    yAxis: valueAxis('base currency', { scale: false, nameGap: 52 }),
    series: facts.map(({ inspection }, i) => ({
      ...bars(names[i], i),
      data: inspection.depth.map(({ bidQuantity, askQuantity }) =>
        bidQuantity === null || askQuantity === null ? null : (bidQuantity + askQuantity) / 2,
      ),
    })),
  });
}

function signsChart({ names, facts }: ComparedMarkets): Chart {
  return chart('signs', 'Autocorrelation of order signs', {
    xAxis: logAxis('orders apart'),
    yAxis: valueAxis('correlation', { nameGap: 44, scale: false }),
    series: facts.map(({ signCorrelation }, i) =>
      line(
        names[i],
        i,
        signCorrelation.flatMap((value, lag): Point[] => (value === null ? [] : [[lag + 1, value]])),
      ),
    ),
  });
}

function signatureChart({ names, facts }: ComparedMarkets): Chart {
  return chart('signature', 'Signature plot: volatility by interval', {
    xAxis: logAxis('s'),
    yAxis: valueAxis('ticks/√s', { scale: false, nameGap: 52 }),
    series: facts.map(({ signature }, i) => ({
      ...line(
        names[i],
        i,
        signature.flatMap(({ intervalSeconds, sigmaTicks }): Point[] =>
          sigmaTicks === null ? [] : [[intervalSeconds, sigmaTicks]],
        ),
      ),
      showSymbol: true,
      symbolSize: 6,
    })),
  });
}

function flowChart({ names, facts }: ComparedMarkets): Chart {
  const horizons = facts[0].inspection.ofiRegression.map(({ horizonSeconds }) => `${horizonSeconds} s`);
  return chart('flow', 'Mid change on order flow: R²', {
    xAxis: category(horizons, ''),
    yAxis: valueAxis('R²', { min: 0, max: 1, nameGap: 40 }),
    series: facts.map(({ inspection }, i) => ({
      ...bars(names[i], i),
      data: inspection.ofiRegression.map(({ r2 }) => r2),
    })),
  });
}

/** Distribution functions over a logarithmic axis. */
function functions(
  { names, facts }: ComparedMarkets,
  id: string,
  title: string,
  unit: string,
  of: (facts: MarketFacts) => Distribution,
  longest = Number.POSITIVE_INFINITY,
): Chart {
  const both = facts.map(of);
  const low = both.flatMap((d) => d.quantile(0.002) ?? []).filter((x) => x > 0);
  const high = both.flatMap((d) => d.quantile(0.998) ?? []).map((x) => Math.min(x, longest));
  const from = Math.min(...low);
  const to = Math.max(...high);
  return chart(id, title, {
    xAxis: logAxis(unit, Number.isFinite(from) && to > from ? { min: nice(from, -1), max: nice(to, 1) } : {}),
    yAxis: valueAxis('share at or below', { min: 0, max: 1, nameGap: 40 }),
    series: both.map((distribution, i) => line(names[i], i, curve(distribution, from, to))),
  });
}

function curve(distribution: Distribution, from: number, to: number): Point[] {
  if (distribution.empty || !(to > from)) return [];
  return Array.from({ length: STEPS + 1 }, (_, i): Point => {
    const x = from * (to / from) ** (i / STEPS);
    return [x, distribution.share(x)];
  });
}

/** The next 1, 2 or 5 times a power of ten, up or down. */
function nice(value: number, direction: 1 | -1): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((step) => Number((step * power).toPrecision(3)));
  if (direction > 0) return steps.find((step) => step >= value * 0.999) ?? 10 * power;
  return steps.reverse().find((step) => step <= value * 1.001) ?? power;
}

function chart(id: string, title: string, option: Readonly<Record<string, unknown>>): Chart {
  return {
    id: `chart-${id}`,
    label: title,
    ...SIZE,
    option: {
      title: {
        text: title,
        left: 0,
        top: 0,
        textStyle: { ...TEXT, color: INK, fontSize: 14, fontWeight: 600 },
      },
      legend: { ...LEGEND, top: 24, left: 0 },
      grid: { left: 62, right: 18, top: 62, bottom: 48 },
      ...option,
    },
  };
}

function line(name: string, index: number, data: readonly Point[]) {
  return { name, type: 'line', showSymbol: false, data, color: COLOURS[index], lineStyle: { width: 2 } };
}

function bars(name: string, index: number) {
  return { name, type: 'bar', color: COLOURS[index], barMaxWidth: 34 };
}

function category(data: readonly string[], name: string) {
  return {
    type: 'category',
    data,
    name,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { ...TEXT },
    axisLabel: { ...TEXT },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: LINE } },
  };
}

function logAxis(name: string, extra: Readonly<Record<string, unknown>> = {}) {
  return {
    ...valueAxis(name, { nameGap: 28 }),
    type: 'log',
    splitLine: { show: false },
    axisLine: { show: true, lineStyle: { color: LINE } },
    // Ticks lie at powers of ten; ends between two of them would crowd their labels.
    axisLabel: { ...TEXT, showMinLabel: isPower(extra.min), showMaxLabel: isPower(extra.max) },
    ...extra,
  };
}

function isPower(end: unknown): boolean {
  return typeof end !== 'number' || Math.abs(Math.log10(end) - Math.round(Math.log10(end))) < 1e-6;
}
