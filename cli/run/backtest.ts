import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import { resolveLot } from '../../env/lot.ts';
import { checkSpan } from '../../env/session.ts';
import type { LaneSettings } from '../../env/settings.ts';
import { type PairedSession, runPairedSession } from '../../evaluation/paired-session.ts';
import { hasSession, writeSession } from '../../evaluation/session-files.ts';
import { quoteCurrency } from '../../evaluation/session-record.ts';
import { kpiTable } from '../../evaluation/text-table.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { Tape } from '../../market/tape/rows.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import { checkPolicyFits, type ResolvedAgent, resolveAgent } from '../agents.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import { describeDrift, driftDetector } from '../evaluation/drift.ts';
import { laneFor } from '../evaluation/policy-lane.ts';
import { RecordFiles } from '../evaluation/record-files.ts';
import { spanOptions } from '../options/lane.ts';

export const run: Command['run'] = async (args, context) => {
  const agent = await resolveAgent(String(args.agent), context.config);
  const paths = args.TAPE as readonly string[];
  if (typeof args.out === 'string' && hasSession(args.out)) throw outTaken(args.out);
  const tapes: Tape[] = [];
  try {
    for (const path of paths) tapes.push(openTape(path));
    const replay = new TapeReplay(tapes, { warmupSeconds: context.config.marketMaking.warmupSeconds });
    if (agent.manifest !== undefined) checkPolicyFits(agent.manifest, replay.instrument);
    return await backtest({ args, context, agent, paths, tapes, replay });
  } finally {
    for (const tape of tapes) tape.close();
  }
};

interface Backtest {
  readonly args: Arguments;
  readonly context: CommandContext;
  readonly agent: ResolvedAgent;
  readonly paths: readonly string[];
  readonly tapes: readonly Tape[];
  readonly replay: TapeReplay;
}

async function backtest(request: Backtest): Promise<Readonly<Record<string, unknown>>> {
  const { args, context, agent, paths, replay } = request;
  const { config } = context;
  const { instrument } = replay;
  const { start, end } = checkSpan({ replay, ...spanOptions(args) });
  const chosen = laneFor(agent, context);
  const settings = { ...chosen, lot: resolveLot(chosen, instrument, replay.firstMid()) };
  const records = new RecordFiles(args, paths, typeof args.out === 'string' ? args.out : undefined);
  const quoter = agent.createQuoter(new ConditionTimeline(replay.live?.conditions));
  const detector = driftDetector(quoter, agent.manifest, config.shadow.drift);
  const seconds = (time: number) => Math.round((time - start) / MICROSECONDS);
  const progress = context.progress('Backtesting', seconds(end), 's');
  let session: PairedSession;
  try {
    session = await runPairedSession({
      replay,
      contenders: [
        {
          name: agent.name,
          role: 'candidate',
          quoter,
          listeners: (lot) => [
            ...records.listeners(instrument, lot),
            ...(detector === undefined ? [] : [detector]),
          ],
        },
      ],
      settings,
      seed: config.seed,
      sharpeIntervalSeconds: config.evaluation.sharpeIntervalSeconds,
      start,
      end,
      signal: context.signal,
      onProgress: (time) => progress.update(seconds(time)),
    });
    records.finish();
  } catch (error) {
    records.discard();
    throw error;
  } finally {
    progress.done();
  }
  const [{ kpis }] = session.lanes;
  const span = { start: formatTime(start), end: formatTime(end) };
  const drift = detector?.session() ?? null;
  const document = {
    agent: agent.name,
    instrument,
    span,
    lot: settings.lot,
    kpis,
    drift,
    decisions: session.decisions,
    fills: kpis.fills,
    refusals: session.refusals[0],
    rows: session.rows,
    wallSeconds: session.wallSeconds,
    rowsPerSecond: session.rows / session.wallSeconds,
    out: typeof args.out === 'string' ? args.out : null,
  };
  if (typeof args.out === 'string') keep(args.out, request, settings, session, { start, end });
  context.print(`${instrument.symbol} on ${instrument.venue}, ${span.start} to ${span.end}`);
  context.print('');
  context.print(kpiTable([{ title: agent.name, kpis }], quoteCurrency(instrument)));
  const unlike = describeDrift(drift, agent.manifest);
  if (unlike !== undefined) context.print(`\n${unlike}`);
  return document;
}

function keep(
  out: string,
  { tapes, paths, replay }: Backtest,
  settings: LaneSettings & { readonly lot: number },
  session: PairedSession,
  span: { readonly start: number; readonly end: number },
): void {
  writeSession(out, {
    format: 'makergym-session',
    version: 1,
    instrument: replay.instrument,
    tapes: tapes.map(({ info }, i) => ({
      path: paths[i],
      checksum: info.checksum,
      start: Math.max(info.start, span.start),
      end: Math.min(info.end, span.end),
    })),
    settings,
    lot: settings.lot,
    lanes: session.lanes,
  });
  writeFileAtomic(join(out, 'kpis.json'), `${JSON.stringify(session.lanes[0].kpis, null, 2)}\n`);
}

function outTaken(out: string): InputError {
  return new InputError({
    code: 'out-exists',
    message: `${out} holds the results of another session.`,
    field: '--out',
    value: out,
    expected: 'a folder without results',
    hint: 'Choose another --out.',
  });
}
