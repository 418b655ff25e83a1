import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { keepFolder, makeFolder, removeFolder } from '../../base/files.ts';
import { formatTime, parseDuration } from '../../base/time.ts';
import { quoteCurrency } from '../../evaluation/session-record.ts';
import { kpiTable } from '../../evaluation/text-table.ts';
import type { TradeStream } from '../../live/binance/venue.ts';
import { ShadowMonitor } from '../../live/monitor/shadow-monitor.ts';
import { runShadow } from '../../live/shadow/session.ts';
import {
  hasShadowSession,
  type ShadowSessionFile,
  writeShadowSession,
} from '../../live/shadow/session-file.ts';
import { parseSource, type ShadowSource } from '../../live/shadow/source.ts';
import type { ShadowListener, ShadowStatus } from '../../live/shadow/status.ts';
import type { ShadowSummary } from '../../live/shadow/summary.ts';
import { checkPolicyFits, type ResolvedAgent } from '../agents.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import { describeDrift, driftDetector } from '../evaluation/drift.ts';
import { describeEvent } from '../evaluation/live-events.ts';
import { laneFor } from '../evaluation/policy-lane.ts';
import { RecordFiles } from '../evaluation/record-files.ts';
import { manifestHash, resolveExport } from '../exported-agent.ts';
import { monitorOptions, peopleLog } from '../options/monitor.ts';
import { parseSync } from '../options/sync.ts';
import { verify } from './shadow-verify.ts';

export const run: Command['run'] = async (args, context) =>
  args.verify === undefined ? shadow(args, context) : verify(args, context);

async function shadow(args: Arguments, context: CommandContext): Promise<Readonly<Record<string, unknown>>> {
  if (typeof args.POLICY !== 'string') throw missing('POLICY', 'the folder of an export');
  const agent = await resolveExport(args.POLICY, context.config);
  const { manifest } = agent;
  if (typeof args.source !== 'string') {
    throw missing('--source', 'binance-spot:SYMBOL, a ws address, or a capture');
  }
  const source = parseSource(args.source, addresses(args), manifest.instrument);
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
    policy: { path: resolve(args.POLICY), manifest: manifestHash(args.POLICY) },
    source: args.source,
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

function missing(field: string, expected: string): InputError {
  return new InputError({
    code: 'missing-option',
    message: `"shadow" needs ${field}.`,
    field,
    expected,
    hint: 'makergym shadow EXPORT --source binance-spot:BTCUSDT, or makergym shadow --verify DIR',
  });
}
