/**
 * Rows/s of a replay at full fidelity, beside hftbacktest on the same rows: `npm run bench -- replay`.
 *
 * A row is a level change or a trade; both replay the very rows of one tape, made ready before the clock starts
 * (hftbacktest holds its array in memory, we read the file). Both quote two-sided, post-only, one tick outside the touch,
 * with 10 ms each way and the power(2) queue, and count from the first row to the last. Ours does book, every signal that
 * the environment sees, queue, latency and fees; `backtest` adds KPIs as the command does. Node compiles in the first
 * pass and numba in its first, which are not counted.
 */
import { FixedSpread } from '../agents/fixed-spread.ts';
import { Lane } from '../env/lane.ts';
import type { Quoter } from '../env/quoter.ts';
import { runSession } from '../env/session.ts';
import { DEFAULT_LANE, type LaneSettings } from '../env/settings.ts';
import { runPairedSession } from '../evaluation/paired-session.ts';
import { TapeReplay } from '../market/replay.ts';
import { openTape } from '../market/tape/reader.ts';
import { type Bench, type BenchContext, type Figure, median } from './bench.ts';
import { writeHftEvents } from './hft-events.ts';
import { missingPackage, PeerProcess } from './peer-process.ts';
import { type Recording, scratchFolder, TOP_PRICE, tapeOf } from './recordings.ts';
import { TouchQuoter } from './touch-quoter.ts';

const ROUNDS = 7;
/** Passes of ours a round, which are shorter than theirs. */
const PASSES = 3;
const LANES = 64;
const INTERVALS: Readonly<Record<Recording, readonly number[]>> = {
  'usdm-btcusdt': [100, 10],
  'spot-nexousdt': [100],
};

interface Pass {
  readonly rate: number;
  readonly decisions: number;
  readonly fills: number;
}

interface Job {
  readonly path: string;
  readonly rows: number;
  readonly settings: LaneSettings;
}

function settingsFor(lot: number, decisionIntervalMs: number): LaneSettings {
  return { ...DEFAULT_LANE, lot, decisionIntervalMs, maxInventory: 1e9 };
}

/** One pass with so many lanes, each with a quoter of its own; rate in lane-rows/s. */
async function pass({ path, rows, settings }: Job, lanes: readonly Quoter[]): Promise<Pass> {
  const replay = new TapeReplay([openTape(path)]);
  const { instrument } = replay;
  let fills = 0;
  const listeners = [{ onFill: () => void fills++ }];
  const made = lanes.map((quoter, seed) => ({
    lane: new Lane({ instrument, settings, lot: settings.lot ?? instrument.stepSize, seed, listeners }),
    quoter,
  }));
  const { decisions, wallSeconds } = await runSession({ replay, lanes: made });
  replay.close();
  return { rate: (rows * lanes.length) / wallSeconds, decisions, fills };
}

/** One pass as `backtest` makes it: KPIs and the trace of quotes for the report. */
async function backtestPass({ path, rows, settings }: Job): Promise<Pass> {
  const replay = new TapeReplay([openTape(path)]);
  const { wallSeconds, decisions, lanes } = await runPairedSession({
    replay,
    contenders: [{ name: 'touch', role: 'candidate', quoter: new TouchQuoter() }],
    settings,
    seed: 0,
    sharpeIntervalSeconds: 60,
  });
  replay.close();
  return { rate: rows / wallSeconds, decisions, fills: lanes[0].kpis.fills ?? 0 };
}

function touchQuoters(): Quoter[] {
  return Array.from({ length: LANES }, () => new TouchQuoter());
}

/** Half of them quote the touch, half fixed spreads of their own. */
function mixedQuoters(): Quoter[] {
  return Array.from({ length: LANES }, (_, i) =>
    i % 2 === 0 ? new TouchQuoter() : new FixedSpread({ spread: 2 + i }),
  );
}

async function* measure(context: BenchContext, recording: Recording): AsyncIterable<Figure> {
  const { data, python, quick } = context;
  if (data === undefined) return;
  const path = await tapeOf(data, recording);
  const tape = openTape(path);
  const { instrument } = tape.info;
  const events = `${scratchFolder()}/${recording}.npy`;
  const rows = writeHftEvents(tape, events, 'local');
  tape.close();
  const lot = instrument.stepSize;
  const missing = missingPackage(python, 'hftbacktest');
  const parameters = [events, instrument.tickSize, lot, TOP_PRICE[recording], lot].map(String);
  const peer = missing === undefined ? new PeerProcess(python, 'hft_replay.py', parameters) : undefined;
  const rounds = quick ? 2 : ROUNDS;
  for (const interval of INTERVALS[recording]) {
    const job: Job = { path, rows, settings: settingsFor(lot, interval) };
    const bare: Pass[] = [];
    const whole: Pass[] = [];
    const theirs: Record<'vector' | 'hash', Pass[]> = { vector: [], hash: [] };
    for (let round = 0; round <= rounds; round++) {
      const kept = round > 0;
      for (let i = 0; i < PASSES; i++) {
        const one = await pass(job, [new TouchQuoter()]);
        if (kept) bare.push(one);
      }
      for (let i = 0; i < PASSES; i++) {
        const one = await backtestPass(job);
        if (kept) whole.push(one);
      }
      for (const depth of ['vector', 'hash'] as const) {
        const answer = await peer?.ask<Pass>(`${depth} ${interval}`);
        if (kept && answer !== undefined) theirs[depth].push(answer);
      }
    }
    const rate = (passes: readonly Pass[]) =>
      passes.length === 0 ? null : median(passes.map((one) => one.rate));
    const what = `${recording}, a decision each ${interval} ms`;
    const { decisions, fills } = bare[0];
    const note = `${rows} rows, ${decisions} decisions, ${fills} fills (theirs ${theirs.vector[0]?.fills ?? '–'})`;
    const shared = { ours: rate(bare) ?? 0, unit: 'rows/s', missing } as const;
    yield {
      what,
      ...shared,
      peer: 'hftbacktest, vector depth',
      theirs: rate(theirs.vector),
      goal: 2.5,
      note,
    };
    yield { what, ...shared, peer: 'hftbacktest, hash-map depth', theirs: rate(theirs.hash) };
    yield {
      what: `${what}, with the KPIs of backtest`,
      ours: rate(whole) ?? 0,
      unit: 'rows/s',
      peer: 'hftbacktest, vector depth',
      theirs: rate(theirs.vector),
      missing,
    };
  }
  peer?.close();
  const job: Job = { path, rows, settings: settingsFor(lot, 100) };
  const kinds = [
    { name: 'all of the strategy above', quoters: touchQuoters, rates: [] as number[] },
    { name: 'half of them fixed spreads of 3 to 65 ticks', quoters: mixedQuoters, rates: [] as number[] },
  ];
  // In turns too. Where decisions outnumber rows a pass takes seconds, and one a round is enough.
  const passes = recording === 'usdm-btcusdt' ? PASSES * rounds : rounds;
  for (let i = -1; i < passes; i++) {
    for (const { quoters, rates } of kinds) {
      const { rate } = await pass(job, quoters());
      if (i >= 0) rates.push(rate);
    }
  }
  for (const { name, rates } of kinds) {
    yield {
      what: `${recording}, ${LANES} lanes, a decision each 100 ms, ${name}`,
      ours: median(rates),
      unit: 'lane-rows/s',
      goal: recording === 'usdm-btcusdt' ? 400e6 : undefined,
    };
  }
}

export const replay: Bench = {
  name: 'replay',
  describe: 'replay at full fidelity, one lane and 64, beside hftbacktest',
  async *run(context) {
    if (context.data === undefined) {
      context.log('replay: no recordings; set MAKERGYM_DATA');
      return;
    }
    yield* measure(context, 'usdm-btcusdt');
    yield* measure(context, 'spot-nexousdt');
  },
};
