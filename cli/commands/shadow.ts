import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { keepFolder, makeFolder, removeFolder, requireFile } from '../../base/files.ts';
import { formatTime, parseDuration } from '../../base/time.ts';
import { POLICY_ONNX } from '../../checkpoints/export.ts';
import { quoteCurrency } from '../../evaluation/session-record.ts';
import { kpiTable } from '../../evaluation/text-table.ts';
import { TRADE_STREAMS, type TradeStream } from '../../live/binance/venue.ts';
import { ShadowMonitor } from '../../live/monitor/shadow-monitor.ts';
import { runShadow } from '../../live/shadow/session.ts';
import {
  hasShadowSession,
  readShadowSession,
  type ShadowSessionFile,
  writeShadowSession,
} from '../../live/shadow/session-file.ts';
import { parseSource, type ShadowSource } from '../../live/shadow/source.ts';
import type { ShadowListener, ShadowStatus } from '../../live/shadow/status.ts';
import type { ShadowSummary } from '../../live/shadow/summary.ts';
import { otherPolicy, verifyShadow } from '../../live/shadow/verify.ts';
import { BASELINE_NAMES, checkPolicyFits, type ResolvedAgent, resolveAgent } from '../agents.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import { type Config, resolveConfig, type Settings } from '../config.ts';
import { describeDrift, driftDetector } from '../evaluation/drift.ts';
import { describeEvent } from '../evaluation/live-events.ts';
import { laneFor } from '../evaluation/policy-lane.ts';
import { RECORD_OPTIONS, RecordFiles } from '../evaluation/record-files.ts';
import { LANE_OPTIONS } from '../options/lane.ts';
import { MONITOR_OPTIONS, monitorOptions, peopleLog } from '../options/monitor.ts';
import { parseSync, SYNC_OPTION } from '../options/sync.ts';

const { start: _start, end: _end, ...STREAM_LANE_OPTIONS } = LANE_OPTIONS;

export const shadowCommand: Command = {
  name: 'shadow',
  describe: 'A policy decides on a live stream, sends nothing, records what it saw',
  examples: [
    [
      'makergym shadow exported --source binance-spot:BTCUSDT --duration 1h --out shadow',
      "an hour on Binance's public streams; no key is needed",
    ],
    [
      'makergym shadow exported --source ws://127.0.0.1:9000 --rest http://127.0.0.1:9000 --out shadow',
      'on a local exchange (makergym serve)',
    ],
    [
      'makergym shadow exported --source captures --out shadow',
      'over captures, as fast as they can be played',
    ],
    ['makergym shadow --verify shadow', 'takes every decision again from the recording and compares'],
  ],
  positionals: [{ name: 'POLICY', describe: 'an export', required: false }],
  options: {
    source: {
      type: 'string',
      describe: 'binance-spot:SYMBOL, binance-usdm:SYMBOL, a ws address, a capture or a folder of them',
      placeholder: 'S',
    },
    duration: {
      type: 'string',
      describe: 'how long, such as 10m or 24h; until Ctrl-C (or the end of the capture) without it',
      placeholder: 'D',
    },
    out: {
      type: 'string',
      describe: 'folder for recording, decisions and fills (default: shadow-SYMBOL-TIME)',
      placeholder: 'DIR',
    },
    verify: {
      type: 'string',
      describe: 'folder of a session: backtests its recording and compares each decision',
      placeholder: 'DIR',
    },
    ws: {
      type: 'string',
      describe: 'base address of the streams instead of Binance, with --rest',
      placeholder: 'URL',
    },
    rest: {
      type: 'string',
      describe: 'base address of the REST endpoints instead of Binance',
      placeholder: 'URL',
    },
    trades: {
      type: 'string',
      describe: 'stream of trades',
      choices: TRADE_STREAMS,
      default: TRADE_STREAMS[0],
    },
    ...SYNC_OPTION,
    ...MONITOR_OPTIONS,
    ...STREAM_LANE_OPTIONS,
    ...RECORD_OPTIONS,
  },
  run: (args, context) => (args.verify === undefined ? shadow(args, context) : verify(args, context)),
};

async function shadow(args: Arguments, context: CommandContext): Promise<Readonly<Record<string, unknown>>> {
  const agent = await resolveExport(args, context.config);
  const { manifest } = agent;
  const source = parseSource(required(args, 'source'), addresses(args), manifest.instrument);
  if (source.kind === 'live') checkSymbol(agent, source);
  const duration = args.duration === undefined ? undefined : parseDuration(String(args.duration), 'duration');
  const syncSeconds = parseSync(args);
  const lane = laneFor(agent, context);
  const startedAt = new Date();
  const out = String(args.out ?? defaultFolder(manifest.instrument.symbol, startedAt));
  if (hasShadowSession(out)) throw outTaken(out);
  const records = new RecordFiles(args, source.kind === 'captures' ? source.captures : [], out);
  const session: ShadowSessionFile = {
    format: 'makergym-shadow',
    version: 1,
    policy: { path: resolve(String(args.POLICY)), manifest: manifestHash(String(args.POLICY)) },
    source: String(args.source),
    venue: manifest.instrument.venue,
    symbol: manifest.instrument.symbol,
    startedAt: startedAt.toISOString(),
    seed: context.seed,
    lane,
    config: { agents: context.config.agents, shadow: context.config.shadow },
    finished: null,
  };
  const watching = monitorOptions(args, {
    command: 'shadow',
    policy: agent.name,
    venue: session.venue,
    symbol: session.symbol,
  });
  const tell = peopleLog(args, context);
  const fresh = !existsSync(out);
  makeFolder(out);
  let status: ShadowStatus | undefined;
  let summary: ShadowSummary;
  let monitor: ShadowMonitor | undefined;
  try {
    if (watching !== undefined) monitor = await ShadowMonitor.start(watching);
    if (monitor?.url !== undefined) tell(`live page: ${monitor.url}`);
    summary = await runShadow({
      source,
      out,
      createAgent: ({ conditions, onFallback, onDrift }) => {
        const supervised = agent.createSupervised(conditions, onFallback);
        const drift = driftDetector(supervised.quoter, manifest, context.config.shadow.drift, onDrift);
        return { name: agent.name, ...supervised, drift };
      },
      settings: lane,
      fallback: context.config.shadow,
      seed: context.seed,
      sharpeIntervalSeconds: context.config.evaluation.sharpeIntervalSeconds,
      checkInstrument: (instrument) => checkPolicyFits(manifest, instrument),
      laneListeners: (instrument, lot) => records.listeners(instrument, lot),
      listeners: monitor === undefined ? [logger(tell)] : [logger(tell), monitor],
      onStart: (begun) => {
        status = begun;
        writeShadowSession(out, session);
        keepFolder(out);
        monitor?.watch(begun);
      },
      onEvent: (event) => {
        monitor?.onFeedEvent(event);
        const line = describeEvent(event);
        if (line !== undefined) tell(line);
      },
      trades: args.trades as TradeStream,
      duration,
      syncSeconds,
      signal: context.signal,
    });
    records.finish();
  } catch (error) {
    records.discard();
    await monitor?.close({ error });
    // Nothing had begun: nothing is left behind.
    if (fresh && status === undefined) rmSync(out, { recursive: true, force: true });
    throw error;
  } finally {
    removeFolder(out);
  }
  await monitor?.close({ summary });
  if (status !== undefined) {
    const finished = { at: new Date().toISOString(), decisions: summary.decisions };
    writeShadowSession(out, { ...session, finished });
  }
  if (summary.decisions === 0) context.log('The book was never known: there was nothing to decide on.');
  context.print(table(summary, out));
  if (summary.instrument !== null) {
    context.print('');
    context.print(kpiTable([{ title: agent.name, kpis: summary.kpis }], quoteCurrency(summary.instrument)));
  }
  const unlike = describeDrift(summary.drift, manifest);
  if (unlike !== undefined && summary.decisions > 0) context.print(`\n${unlike}`);
  return { policy: agent.name, out, ...summary, drift: summary.drift ?? [] };
}

async function verify(args: Arguments, context: CommandContext): Promise<Readonly<Record<string, unknown>>> {
  const directory = String(args.verify);
  for (const name of ['source', ...Object.keys(MONITOR_OPTIONS)]) {
    if (args[name] !== undefined) throw notWith(name, args[name]);
  }
  const session = readShadowSession(directory);
  const path = String(args.POLICY ?? session.policy.path);
  const config = resolveConfig(session.config as Settings, context.config);
  const agent = await resolveExport({ ...args, POLICY: path }, config);
  const hash = manifestHash(path);
  if (hash !== session.policy.manifest) throw otherPolicy(path, hash, session.policy.manifest);
  const progress = context.progress('Verifying', 100, '%');
  try {
    const verdict = await verifyShadow({
      directory,
      session,
      createQuoter: (conditions) => agent.createQuoter(conditions),
      checkInstrument: (instrument) => checkPolicyFits(agent.manifest, instrument),
      sharpeIntervalSeconds: config.evaluation.sharpeIntervalSeconds,
      signal: context.signal,
      onProgress: (share) => progress.update(Math.floor(100 * share)),
    });
    const { equal, decisions, firstDifference, recreated } = verdict;
    const remark = recreated ? '; the session was killed, its decisions have been taken anew' : '';
    context.print(`${directory}: ${decisions} decisions, ${equal ? 'equal' : 'NOT equal'}${remark}`);
    if (firstDifference !== null) context.print(JSON.stringify(firstDifference, null, 2));
    return { ...verdict };
  } finally {
    progress.done();
  }
}

/** An export, never a run or a checkpoint: those change while training goes on. */
async function resolveExport(
  args: Arguments,
  config: Config,
): Promise<ResolvedAgent & Required<Pick<ResolvedAgent, 'manifest' | 'createSupervised'>>> {
  const path = required(args, 'POLICY');
  if (!BASELINE_NAMES.includes(path)) requireFile(path, 'POLICY');
  if (existsSync(path) && !existsSync(join(path, POLICY_ONNX))) throw notAnExport(path);
  const agent = await resolveAgent(path, config);
  const { manifest, createSupervised } = agent;
  if (manifest?.formats === undefined || createSupervised === undefined) throw notAnExport(path);
  return { ...agent, manifest, createSupervised };
}

function manifestHash(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(path, 'manifest.json')))
    .digest('hex');
}

function addresses(args: Arguments): { readonly ws?: string; readonly rest?: string } {
  return { ws: args.ws as string | undefined, rest: args.rest as string | undefined };
}

function checkSymbol(
  { manifest, name }: Pick<ResolvedAgent, 'manifest' | 'name'>,
  { venue, symbol }: Extract<ShadowSource, { kind: 'live' }>,
): void {
  const trained = manifest?.instrument;
  if (trained === undefined || (trained.venue === venue && trained.symbol === symbol)) return;
  throw new InputError({
    code: 'other-instrument',
    message: `${name} was trained on ${trained.symbol} at ${trained.venue} and cannot quote ${symbol} at ${venue}.`,
    field: 'source',
    value: `${venue}:${symbol}`,
    expected: `${trained.venue}:${trained.symbol}`,
    hint: `Use --source ${trained.venue}:${trained.symbol}.`,
  });
}

/** Tells people who decides. */
function logger(tell: (line: string) => void): ShadowListener {
  return {
    onFallback: ({ time, from, to, reasons }) => {
      const why = reasons.length === 0 ? 'all is well' : reasons.join(', ');
      tell(`${formatTime(time)} ${to} decides instead of ${from}: ${why}`);
    },
    onDriftAlarm: ({ feature, psi }) => {
      tell(`${feature} is unlike training: PSI ${psi?.toFixed(2) ?? 'unknown'}`);
    },
  };
}

function defaultFolder(symbol: string, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `shadow-${symbol}-${stamp}Z`;
}

function table(summary: ShadowSummary, out: string): string {
  const { decisionLatencyMs: latency, decisionLatenessMs: lateness, decisionsBy } = summary;
  const milliseconds = (value: number | null) => (value === null ? 'unknown' : `${value.toFixed(3)} ms`);
  const deciders = Object.entries(decisionsBy)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  const reasons = Object.entries(summary.fallbackReasons)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  const rows: [string, string | number][] = [
    ['folder', out],
    ['decisions', `${summary.decisions}${deciders.length > 0 ? ` (${deciders.join(', ')})` : ''}`],
    ['fallbacks', `${summary.fallbacks}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`],
    ['gaps', summary.gaps],
    ['resyncs', summary.resyncs],
    [
      'decision',
      `${milliseconds(latency.p50)}, P99 ${milliseconds(latency.p99)}, P99.9 ${milliseconds(latency.p999)}`,
    ],
  ];
  if (lateness !== null) {
    rows.push(['after its time', `${milliseconds(lateness.p50)}, P99 ${milliseconds(lateness.p99)}`]);
  }
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n');
}

function required(args: Arguments, name: 'source' | 'POLICY'): string {
  const value = args[name];
  if (typeof value === 'string') return value;
  throw new InputError({
    code: 'missing-option',
    message: `"shadow" needs ${name === 'POLICY' ? 'POLICY' : '--source'}.`,
    field: name === 'POLICY' ? 'POLICY' : '--source',
    expected:
      name === 'POLICY' ? 'the folder of an export' : 'binance-spot:SYMBOL, a ws address, or a capture',
    hint: 'makergym shadow EXPORT --source binance-spot:BTCUSDT, or makergym shadow --verify DIR',
  });
}

function notAnExport(path: string): InputError {
  return new InputError({
    code: 'not-an-export',
    message: `${basename(resolve(path))} is no export: shadow takes no run, checkpoint or baseline, which are not what is deployed.`,
    field: 'POLICY',
    value: path,
    expected: 'a folder that makergym export wrote',
    hint: `makergym export ${path} --out exported`,
  });
}

function notWith(name: string, value: unknown): InputError {
  return new InputError({
    code: 'unexpected-option',
    message: `--${name} does not go with --verify, which takes the decisions again from the session's recording.`,
    field: name,
    value,
    hint: `Leave --${name} out.`,
  });
}

function outTaken(out: string): InputError {
  return new InputError({
    code: 'out-exists',
    message: `${out} holds another session.`,
    field: '--out',
    value: out,
    expected: 'a folder without a session',
    hint: 'Choose another --out.',
  });
}
