/**
 * Prints the project's figures beside its peers'; `npm run bench -- --help` tells of what.
 * Peers are Python packages, run by the interpreter that PYTHON names (default python3), and left out where they are
 * not installed. Recordings are looked for where MAKERGYM_DATA says, then in ../shared/data.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { reportError } from '../cli/run-command.ts';
import { type BenchArguments, helpText, readArguments } from './arguments.ts';
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
import { sacThreads } from './sac-threads.ts';
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
  sacThreads,
  sacDevices,
  sacProfile,
  memory,
  learningBench,
  decision,
  live,
  simulatedMarket,
  carteaJaimungalBench,
];

const asked = ask();
if (asked.help) console.log(helpText(BENCHES));
else await run(asked);

function ask(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2), BENCHES);
  } catch (error) {
    process.exit(reportError(error, process.argv.includes('--json')));
  }
}

async function run({ chosen, quick, json, threads = availableParallelism() }: BenchArguments): Promise<void> {
  const context: BenchContext = {
    threads,
    python: process.env.PYTHON ?? 'python3',
    data: [process.env.MAKERGYM_DATA, '../shared/data'].find(
      (path) => path !== undefined && existsSync(path),
    ),
    quick,
    log: (text) => process.stderr.write(`${text}\n`),
  };
  const figures: (Figure & { readonly bench: string })[] = [];
  const print = json ? context.log : console.log;
  print(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);
  for (const bench of chosen) {
    context.log(`${bench.name}: ${bench.describe}`);
    for await (const figure of bench.run(context)) {
      figures.push({ bench: bench.name, ...figure });
      print(line(figure));
    }
  }
  if (json) console.log(JSON.stringify({ machine: cpus()[0]?.model, figures }, null, 2));
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
