/**
 * Prints the project's figures beside its peers': `npm run bench [-- NAME …] [--quick] [--json] [--threads N]`.
 * Peers are Python packages, run by the interpreter that PYTHON names (default python3), and left out where they are
 * not installed. Recordings are looked for where MAKERGYM_DATA says, then in ../shared/data.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { nearestMatch } from '../base/errors.ts';
import { asMarket } from './as-market.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { carteaJaimungalBench } from './cartea-jaimungal.ts';
import { decision } from './decision.ts';
import { env } from './env.ts';
import { fills } from './fills.ts';
import { importing } from './import.ts';
import { learningBench } from './learning.ts';
import { live } from './live.ts';
import { memory } from './memory.ts';
import { replay } from './replay.ts';
import { replayMemory } from './replay-memory.ts';
import { sac } from './sac.ts';
import { sacDevices } from './sac-devices.ts';
import { sacProfile } from './sac-profile.ts';
import { sacSeeds } from './sac-seeds.ts';
import { simulatedMarket } from './simulated-market.ts';

/** One line a bench. */
const BENCHES: readonly Bench[] = [
  asMarket,
  replay,
  replayMemory,
  fills,
  importing,
  env,
  sac,
  sacSeeds,
  sacDevices,
  sacProfile,
  memory,
  learningBench,
  decision,
  live,
  simulatedMarket,
  carteaJaimungalBench,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const context: BenchContext = {
  threads: Number(values.threads),
  python: process.env.PYTHON ?? 'python3',
  data: [process.env.MAKERGYM_DATA, '../shared/data'].find((path) => path !== undefined && existsSync(path)),
  quick: values.quick,
  log: (text) => process.stderr.write(`${text}\n`),
};

const figures: (Figure & { readonly bench: string })[] = [];
console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);
for (const bench of chosen()) {
  context.log(`${bench.name}: ${bench.describe}`);
  for await (const figure of bench.run(context)) {
    figures.push({ bench: bench.name, ...figure });
    if (!values.json) console.log(line(figure));
  }
}
if (values.json) console.log(JSON.stringify({ machine: cpus()[0]?.model, figures }, null, 2));

function chosen(): readonly Bench[] {
  return positionals.length === 0 ? BENCHES.filter((one) => !one.onlyWhenNamed) : positionals.map(named);
}

function named(name: string): Bench {
  const bench = BENCHES.find((one) => one.name === name);
  if (bench !== undefined) return bench;
  const names = BENCHES.map((one) => one.name);
  const near = nearestMatch(name, names);
  const guess = near === undefined ? '' : ` Did you mean "${near}"?`;
  console.error(`Unknown bench "${name}": there are ${names.join(', ')}.${guess}`);
  process.exit(2);
}

function line(figure: Figure): string {
  const { what, ours, unit, peer, theirs, missing, goal, smallerIsBetter = false, note } = figure;
  const parts = [`${what}: ${format(ours)} ${unit}`];
  if (peer !== undefined && theirs == null) parts.push(`${peer}: not run (${missing ?? 'not installed'})`);
  else if (peer !== undefined && theirs != null) {
    const ratio = smallerIsBetter ? theirs / ours : ours / theirs;
    parts.push(`${peer} ${format(theirs)}`, `ratio ${ratio.toFixed(2)}${verdict(ratio, goal, false)}`);
  } else if (goal !== undefined) parts.push(`goal ${format(goal)}${verdict(ours, goal, smallerIsBetter)}`);
  if (note !== undefined) parts.push(note);
  return parts.join('; ');
}

function verdict(figure: number, goal: number | undefined, smallerIsBetter: boolean): string {
  if (goal === undefined) return '';
  const reached = smallerIsBetter ? figure <= goal : figure >= goal;
  return ` (goal ${format(goal)}: ${reached ? 'reached' : 'missed'})`;
}

function format(value: number): string {
  const [size, letter] = value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, ''];
  return `${Number((value / size).toPrecision(4))}${letter}`;
}
