import { InputError } from '../../base/errors.ts';
import { type Chart, LEGEND, LINE, TEXT, TOOLTIP, valueAxis } from './chart.ts';

/** A table of `progress.csv`: a column of numbers (NaN where empty) by name. */
export interface Progress {
  readonly timesteps: readonly number[];
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

const STEP = 'time/total_timesteps';

/** Reads `progress.csv`; null where it holds no row. Throws an InputError naming the line that is no row of it. */
export function parseProgress(text: string, path = 'progress.csv'): Progress | null {
  if (text.trim() === '') return null;
  const [header, ...rows] = text.trimEnd().split('\n');
  const names = header.split(',');
  const step = names.indexOf(STEP);
  if (step < 0) throw damaged(`${path}:1`, header);
  const cells = rows.map((row, line) => {
    const numbers = row.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell)));
    const sound = row
      .split(',')
      .every((cell, i) => cell === '' || cell === 'NaN' || !Number.isNaN(numbers[i]));
    if (!sound || numbers.length !== names.length || Number.isNaN(numbers[step])) {
      throw damaged(`${path}:${line + 2}`, row);
    }
    return numbers;
  });
  if (cells.length === 0) return null;
  const column = (index: number) => cells.map((row) => row[index]);
  return { timesteps: column(step), columns: new Map(names.map((name, i) => [name, column(i)])) };
}

function damaged(place: string, line: string): InputError {
  return new InputError({
    code: 'bad-run',
    message: `${place} is no line of learning curves.`,
    field: 'run',
    value: line.slice(0, 80),
    expected: `a table of numbers with the column ${STEP}`,
    hint: 'Restore the file, or remove it to do without its curves.',
  });
}

/** The curves shown, in order: a title, the unit, and the columns drawn together. A `/` at the end takes all below. */
const CURVES: readonly { readonly title: string; readonly unit: string; readonly keys: readonly string[] }[] =
  [
    { title: 'Episode reward, mean', unit: 'reward', keys: ['rollout/ep_rew_mean'] },
    {
      title: 'Score on the selection stretch',
      unit: 'reward per episode',
      keys: ['eval/score', 'eval/anchor_score'],
    },
    { title: 'Reward parts per log row', unit: 'reward', keys: ['reward/'] },
    { title: 'Critic loss', unit: 'loss', keys: ['train/critic_loss'] },
    { title: 'Variance critic loss', unit: 'loss', keys: ['train/critic_var_loss'] },
    { title: 'Actor loss', unit: 'loss', keys: ['train/actor_loss'] },
    { title: 'Mean Q and predicted σ', unit: 'reward', keys: ['train/mean_q', 'train/sigma'] },
    { title: 'Temperature', unit: 'α', keys: ['train/ent_coef'] },
    { title: 'Entropy', unit: 'nats', keys: ['train/entropy'] },
    { title: 'Sharpe ascent weight', unit: 'κ', keys: ['train/kappa'] },
    { title: 'Allowed centre shift', unit: 'ticks', keys: ['curriculum/allowed_shift_ticks'] },
    { title: 'Safety interventions per log row', unit: 'decisions', keys: ['safety/'] },
    { title: 'Speed', unit: 'timesteps/s', keys: ['time/fps'] },
  ];

const COLOURS = ['#3b82f6', '#f08c2e', '#22a699', '#d05a8c', '#a06cd5', '#8a94a3', '#c2a83e', '#5c7cfa'];

/** One small chart for each curve that has numbers. */
export function learningCharts(progress: Progress): Chart[] {
  const charts: Chart[] = [];
  for (const { title, unit, keys } of CURVES) {
    const names = keys.flatMap((key) =>
      key.endsWith('/')
        ? [...progress.columns.keys()].filter((name) => name.startsWith(key)).sort()
        : progress.columns.has(key)
          ? [key]
          : [],
    );
    const series = names
      .map((name, i) => ({ name, colour: COLOURS[i % COLOURS.length], data: points(progress, name) }))
      .filter(({ data }) => data.length > 0 && (keys[0] !== 'safety/' || data.some(([, y]) => y !== 0)));
    if (series.length > 0) charts.push(curve(`curve-${charts.length}`, title, unit, series));
  }
  return charts;
}

function curve(
  id: string,
  title: string,
  unit: string,
  series: readonly { name: string; colour: string; data: (readonly [number, number])[] }[],
): Chart {
  const several = series.length > 1;
  return {
    id,
    label: `${title} over timesteps`,
    width: 520,
    height: 260,
    option: {
      textStyle: TEXT,
      title: { text: title, left: 4, top: 0, textStyle: { ...TEXT, fontSize: 13, fontWeight: 600 } },
      tooltip: TOOLTIP,
      ...(several ? { legend: { ...LEGEND, top: 22, type: 'scroll', itemHeight: 8, itemWidth: 14 } } : {}),
      grid: { left: 78, right: 20, top: several ? 54 : 34, bottom: 46 },
      xAxis: valueAxis('timesteps', {
        nameGap: 28,
        axisLabel: { ...TEXT, hideOverlap: true },
        splitLine: { show: false },
        axisLine: { show: true, lineStyle: { color: LINE } },
        min: 0,
        max: 'dataMax',
      }),
      yAxis: valueAxis(unit, { nameGap: 56 }),
      series: series.map(({ name, colour, data }) => ({
        type: 'line',
        name: several ? name.slice(name.indexOf('/') + 1) : title,
        color: colour,
        showSymbol: data.length < 30,
        symbolSize: 4,
        lineStyle: { width: 1.6 },
        data,
      })),
    },
  };
}

const POINTS = 1000;

function points(progress: Progress, name: string): (readonly [number, number])[] {
  const values = progress.columns.get(name) as readonly number[];
  const all = values
    .map((value, i) => [progress.timesteps[i], Number(value.toPrecision(6))] as const)
    .filter(([, value]) => Number.isFinite(value));
  const stride = Math.ceil(all.length / POINTS);
  return stride <= 1 ? all : all.filter((_, i) => i % stride === 0 || i === all.length - 1);
}
