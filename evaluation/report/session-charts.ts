import type { Stretch } from '../quote-trace.ts';
import { type LaneRecord, quoteCurrency, type SessionRecord } from '../session-record.ts';
import { type Chart, INK, LEGEND, LINE, MUTED, TEXT, TOOLTIP, timeAxis, valueAxis } from './chart.ts';

/** Colours that can be told apart on light and dark, also by most who see colours differently. */
const LANE_COLOURS = ['#3b82f6', '#f08c2e', '#a06cd5', '#8a94a3', '#22a699', '#d05a8c'];
const BUY = '#1fa971';
const SELL = '#e0525b';
const POINTS = 2500;

/** Equity and inventory of every agent, on one time axis. */
export function sessionChart(session: SessionRecord): Chart {
  const currency = quoteCurrency(session.instrument);
  const series = session.lanes.flatMap((lane, i) => {
    const time = milliseconds(thin(lane.equity.time));
    const pair = (values: readonly number[]) => thin(values).map((value, k) => [time[k], significant(value)]);
    const common = {
      type: 'line',
      name: laneTitle(lane),
      showSymbol: false,
      step: 'end',
      color: LANE_COLOURS[i % LANE_COLOURS.length],
      lineStyle: { width: lane.role === 'candidate' ? 2.2 : 1.4 },
      z: lane.role === 'candidate' ? 5 : 3,
    };
    return [
      { ...common, data: pair(lane.equity.equity), xAxisIndex: 0, yAxisIndex: 0 },
      {
        ...common,
        lineStyle: { width: lane.role === 'candidate' ? 1.6 : 1 },
        data: pair(lane.equity.inventory),
        xAxisIndex: 1,
        yAxisIndex: 1,
      },
    ];
  });
  return {
    id: 'session',
    label: 'Equity and inventory of each agent over time',
    width: 1080,
    height: 560,
    option: {
      ...abovePosition(`Equity (${currency})`, 270, 130),
      dataZoom: zoom(0, 100),
      series,
    },
  };
}

/** Quotes around the mid with the fills, and the inventory they lead to, to be zoomed into. */
export function quotesChart(session: SessionRecord, lane: LaneRecord, stretch: Stretch): Chart {
  const currency = quoteCurrency(session.instrument);
  const line = (name: string, values: readonly (number | null)[], color: string, extra = {}) => ({
    type: 'line',
    name,
    showSymbol: false,
    step: 'end',
    color,
    connectNulls: false,
    data: changes(stretch.time, values),
    ...extra,
  });
  const marks = (side: 'buy' | 'sell') =>
    stretch.fills
      .filter((fill) => fill.side === side)
      .map((fill) => ({
        name: `${side === 'buy' ? 'bought' : 'sold'} ${fill.quantity} at ${fill.price}: ${fill.reason}`,
        value: [Math.round(fill.time / 1000), fill.price],
      }));
  return {
    id: 'quotes',
    label: `Quotes of ${lane.name} around the mid with fills, and inventory`,
    width: 1080,
    height: 600,
    option: {
      ...abovePosition(`Price (${currency})`, 330, 110),
      dataZoom: zoom(...busiestPart(stretch)),
      series: [
        line('mid', stretch.mid, INK, { lineStyle: { width: 1.2 }, z: 2 }),
        line('own bid', stretch.bid, BUY, { lineStyle: { width: 1.4 }, z: 3 }),
        line('own ask', stretch.ask, SELL, { lineStyle: { width: 1.4 }, z: 3 }),
        {
          type: 'scatter',
          name: 'bought',
          symbol: 'triangle',
          symbolSize: 11,
          color: BUY,
          itemStyle: { borderColor: INK, borderWidth: 0.6 },
          data: marks('buy'),
          z: 6,
        },
        {
          type: 'scatter',
          name: 'sold',
          symbol: 'triangle',
          symbolRotate: 180,
          symbolSize: 11,
          color: SELL,
          itemStyle: { borderColor: INK, borderWidth: 0.6 },
          data: marks('sell'),
          z: 6,
        },
        line('inventory', stretch.inventory, LANE_COLOURS[0], {
          xAxisIndex: 1,
          yAxisIndex: 1,
          lineStyle: { width: 1.4 },
          areaStyle: { opacity: 0.15 },
        }),
      ],
    },
  };
}

/** A panel above that of the position, on one time axis; heights in pixels. */
function abovePosition(title: string, height: number, positionHeight: number) {
  const top = 40;
  return {
    useUTC: true,
    textStyle: TEXT,
    legend: { ...LEGEND },
    tooltip: TOOLTIP,
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    grid: [
      { left: 88, right: 24, top, height, outerBoundsMode: 'none' },
      { left: 88, right: 24, top: top + height + 36, height: positionHeight, outerBoundsMode: 'none' },
    ],
    xAxis: [timeAxis({ gridIndex: 0, axisLabel: { show: false } }), timeAxis({ gridIndex: 1 })],
    yAxis: [
      valueAxis(title, { gridIndex: 0 }),
      valueAxis('Position (lots)', { gridIndex: 1, splitNumber: 3, scale: false }),
    ],
  };
}

/** How an agent is named in legends and tables. */
export function laneTitle(lane: Pick<LaneRecord, 'name' | 'role'>): string {
  return lane.role === 'control' ? lane.name : `${lane.name} (${lane.role})`;
}

function zoom(start: number, end: number) {
  const axes = { xAxisIndex: [0, 1], filterMode: 'filter' as const, start, end };
  return [
    { type: 'inside', ...axes, zoomOnMouseWheel: 'ctrl', moveOnMouseMove: true },
    {
      type: 'slider',
      ...axes,
      bottom: 6,
      height: 24,
      showDataShadow: false,
      borderColor: LINE,
      fillerColor: 'rgba(59,130,246,0.15)',
      textStyle: { ...TEXT, color: MUTED },
      brushSelect: false,
    },
  ];
}

/** The two minutes with the most fills, as percentages of the stretch, so that single quotes can be seen. */
function busiestPart({ time, fills }: Stretch): [number, number] {
  const begin = time[0];
  const length = (time.at(-1) as number) - begin;
  const part = 120e6;
  if (length <= part || fills.length === 0) return [0, 100];
  let best = begin;
  let most = -1;
  for (let from = begin; from + part <= begin + length + 1; from += 10e6) {
    const count = fills.filter((fill) => fill.time >= from && fill.time < from + part).length;
    if (count > most) {
      most = count;
      best = from;
    }
  }
  return [(100 * (best - begin)) / length, (100 * (best + part - begin)) / length];
}

/** The points at which a stepped line changes, and one a second so that it shows at any zoom. */
function changes(
  time: readonly number[],
  values: readonly (number | null)[],
): (readonly [number, number | null])[] {
  const points: (readonly [number, number | null])[] = [];
  let kept = Number.NEGATIVE_INFINITY;
  values.forEach((value, i) => {
    if (value === values[i - 1] && i !== values.length - 1 && time[i] < kept + 1e6) return;
    kept = time[i];
    points.push([Math.round(time[i] / 1000), value]);
  });
  return points;
}

function thin(values: readonly number[]): readonly number[] {
  const stride = Math.ceil(values.length / POINTS);
  if (stride <= 1) return values;
  const last = values.length - 1;
  return values.filter((_, i) => i % stride === 0 || i === last);
}

function milliseconds(times: readonly number[]): readonly number[] {
  return times.map((time) => Math.round(time / 1000));
}

function significant(value: number): number {
  return Number(value.toPrecision(8));
}
