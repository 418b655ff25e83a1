import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import { checkSpan } from '../../env/session.ts';
import { type PairedSession, runPairedSession } from '../../evaluation/paired-session.ts';
import {
  type EvaluationDocument,
  hasSession,
  nextEvaluationFolder,
  writeSession,
} from '../../evaluation/session-files.ts';
import { quoteCurrency, type SessionRecord } from '../../evaluation/session-record.ts';
import { type Comparison, compare } from '../../evaluation/statistics.ts';
import { judgeTargets } from '../../evaluation/targets.ts';
import { refuseTrainingOverlap } from '../../evaluation/training-overlap.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { Tape } from '../../market/tape/rows.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import { checkPolicyFits, type ResolvedAgent, resolveAgent } from '../agents.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import { describeDrift, driftDetector } from '../evaluation/drift.ts';
import { laneFor } from '../evaluation/policy-lane.ts';
import { RecordFiles } from '../evaluation/record-files.ts';
import { evaluationSummary } from '../evaluation/summary.ts';
import { spanOptions } from '../options/lane.ts';

/** Baselines that every evaluation runs beside the candidate, whichever it is compared with. */
const CONTROLS = ['v15', 'v1', 'fixed'] as const;

export const run: Command['run'] = async (args, context) => {
  const candidate = await resolveAgent(String(args.POLICY), context.config);
  const baseline = await resolveAgent(String(args.baseline), context.config);
  const paths = args.tape as readonly string[];
  const tapes: Tape[] = [];
  try {
    for (const path of paths) tapes.push(openTape(path));
    const replay = new TapeReplay(tapes, { warmupSeconds: context.config.marketMaking.warmupSeconds });
    const span = checkSpan({ replay, ...spanOptions(args) });
    for (const { manifest } of [candidate, baseline]) {
      if (manifest === undefined) continue;
      checkPolicyFits(manifest, replay.instrument);
      if (args['allow-overlap'] !== true) {
        refuseTrainingOverlap(
          { instrument: manifest.instrument, tapes: manifest.provenance.tapes },
          { instrument: replay.instrument, tapes: clip(tapes, span) },
        );
      }
    }
    return await evaluate({ args, context, candidate, baseline, replay, tapes, paths, span });
  } finally {
    for (const tape of tapes) tape.close();
  }
};

interface Evaluation {
  readonly args: Arguments;
  readonly context: CommandContext;
  readonly candidate: ResolvedAgent;
  readonly baseline: ResolvedAgent;
  readonly replay: TapeReplay;
  readonly tapes: readonly Tape[];
  readonly paths: readonly string[];
  readonly span: Span;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

async function evaluate(evaluation: Evaluation): Promise<Readonly<Record<string, unknown>>> {
  const { args, context, candidate, baseline, replay, tapes, paths, span } = evaluation;
  const { config } = context;
  const folders = foldersFor(args);
  const settings = laneFor(candidate, context);
  const named = [String(args.POLICY), String(args.baseline)];
  const controls = await Promise.all(
    CONTROLS.filter((name) => !named.includes(name)).map((name) => resolveAgent(name, config)),
  );
  const quoter = candidate.createQuoter(new ConditionTimeline(replay.live?.conditions));
  const detector = driftDetector(quoter, candidate.manifest, config.shadow.drift);
  const seconds = (time: number) => Math.round((time - span.start) / MICROSECONDS);
  const progress = context.progress('Evaluating', seconds(span.end), 's');
  const records = new RecordFiles(args, paths, typeof args.out === 'string' ? args.out : undefined);
  let session: PairedSession;
  try {
    session = await runPairedSession({
      replay,
      contenders: [
        {
          name: candidate.name,
          role: 'candidate',
          quoter,
          listeners: (lot) => [
            ...records.listeners(replay.instrument, lot),
            ...(detector === undefined ? [] : [detector]),
          ],
        },
        {
          name: baseline.name,
          role: 'baseline',
          quoter: baseline.createQuoter(new ConditionTimeline(replay.live?.conditions)),
        },
        ...controls.map((agent) => ({
          name: agent.name,
          role: 'control' as const,
          quoter: agent.createQuoter(new ConditionTimeline(replay.live?.conditions)),
        })),
      ],
      settings,
      seed: config.seed,
      sharpeIntervalSeconds: config.evaluation.sharpeIntervalSeconds,
      ...span,
      signal: context.signal,
      onProgress: (time) => progress.update(seconds(time)),
    });
    records.finish();
  } finally {
    progress.done();
    records.discard();
  }

  const comparison = compare(session.scores[0], session.scores[1], {
    ...config.evaluation,
    seed: config.seed,
  });
  const agents = [...named, ...controls.map(({ name }) => name)];
  const kpisOf = (agent: string) => session.lanes[agents.indexOf(agent)].kpis;
  const targets = judgeTargets({
    candidate: session.lanes[0].kpis,
    v15: kpisOf('v15'),
    v1: kpisOf('v1'),
    maxInventory: settings.maxInventory,
  });
  const { instrument } = replay;
  context.print(
    `${instrument.symbol} on ${instrument.venue}, ${formatTime(span.start)} to ${formatTime(span.end)}`,
  );
  context.print('');
  context.print(evaluationSummary(session.lanes, comparison, targets, quoteCurrency(instrument)));
  const drift = detector?.session() ?? null;
  const unlike = describeDrift(drift, candidate.manifest);
  if (unlike !== undefined) context.print(`\n${unlike}`);

  const document = { ...documentOf(evaluation, session, comparison, targets), drift };
  const record: SessionRecord = {
    format: 'makergym-session',
    version: 1,
    instrument,
    tapes: clip(tapes, span).map((tape, i) => ({ path: paths[i], ...tape })),
    settings,
    lot: session.lot,
    lanes: session.lanes,
  };
  for (const folder of folders) writeSession(folder, record, document);
  if (folders.length > 0) context.log(`Results in ${folders.join(' and ')}`);
  return { ...document, out: folders[0] ?? null };
}

function documentOf(
  { candidate, baseline, args }: Evaluation,
  session: PairedSession,
  comparison: Comparison,
  targets: ReturnType<typeof judgeTargets>,
): EvaluationDocument {
  const [ours, theirs, ...others] = session.lanes;
  return {
    candidate: { agent: candidate.name, policy: String(args.POLICY), kpis: ours.kpis },
    baseline: { agent: baseline.name, kpis: theirs.kpis },
    controls: Object.fromEntries(others.map(({ name, kpis }) => [name, { kpis }])),
    ...comparison,
    targets,
    decisions: session.decisions,
    rows: session.rows,
    wallSeconds: session.wallSeconds,
    rowsPerSecond: session.rows / session.wallSeconds,
  };
}

/** A run keeps its evaluations, numbered; `--out` asks for a folder of one's own. */
function foldersFor(args: Arguments): readonly string[] {
  const policy = String(args.POLICY);
  const folders = typeof args.out === 'string' ? [args.out] : [];
  if (typeof args.out === 'string' && hasSession(args.out)) throw outTaken(args.out);
  return existsSync(join(policy, 'run.json')) ? [...folders, nextEvaluationFolder(policy)] : folders;
}

function outTaken(out: string): InputError {
  return new InputError({
    code: 'out-exists',
    message: `${out} holds the results of another session.`,
    field: 'out',
    value: out,
    expected: 'a folder without results',
    hint: 'Choose another --out.',
  });
}

/** What of each tape lies within a span. */
function clip(tapes: readonly Tape[], span: Span) {
  return tapes.map(({ info }) => ({
    checksum: info.checksum,
    start: Math.max(info.start, span.start),
    end: Math.min(info.end, span.end),
  }));
}
