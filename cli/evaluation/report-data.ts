import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { formatTime } from '../../base/time.ts';
import { loadPolicy } from '../../checkpoints/policy.ts';
import type { PolicyManifest } from '../../checkpoints/policy-manifest.ts';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import { parseProgress } from '../../evaluation/report/learning-curves.ts';
import { type Facts, type ReportData, sessionFacts } from '../../evaluation/report/page.ts';
import { evaluationFolders, type Judgement, readSession } from '../../evaluation/session-files.ts';
import type { SessionRecord } from '../../evaluation/session-record.ts';

type Missing = { what: string; command: string | null };

/** All that a run's folder tells: how it learned, its latest evaluation, how it was made. */
export function runReport(directory: string): ReportData {
  const run = RunDirectory.open(directory);
  const missing: Missing[] = [];
  const progress = existsSync(run.progress)
    ? parseProgress(readFileSync(run.progress, 'utf8'), run.progress)
    : null;
  if (progress === null) {
    missing.push({
      what: 'No learning curves: training has not logged a row yet.',
      command: `makergym train --resume ${directory}`,
    });
  }
  const folder = evaluationFolders(directory).at(-1);
  const evaluation = folder === undefined ? null : readSession(folder);
  if (evaluation === null) {
    missing.push({
      what: 'No KPIs, equity or quotes: the run was not evaluated yet.',
      command: `makergym evaluate ${directory} --baseline v15 --tape TAPE`,
    });
  }
  const manifest = findManifest(directory, missing);
  const session = evaluation?.session ?? null;
  const steps = progress?.timesteps.at(-1) ?? manifest?.provenance.timesteps ?? 0;
  return {
    title: `Run ${basename(resolve(directory))}`,
    lead: [
      `Soft Actor-Critic, ${steps.toLocaleString('en-US')} timesteps`,
      session !== null && `evaluated on ${spanOf(session)}`,
    ]
      .filter((part) => part !== false)
      .join('; '),
    progress,
    session,
    judgement: judgementOf(evaluation),
    facts: [
      ...(session === null ? [] : [sessionFacts(session)]),
      provenance(run, manifest),
      { title: 'Configuration', entries: flatten(run.config), folded: true },
    ],
    missing,
  };
}

/** What a backtest or an evaluation kept in a folder of its own. */
export async function sessionReport(directory: string): Promise<ReportData> {
  const { session, judgement } = readSession(directory);
  return {
    title: `${session.lanes[0].name} on ${session.instrument.symbol}`,
    lead: spanOf(session),
    progress: null,
    session,
    judgement: judgementOf({ session, judgement }),
    facts: [sessionFacts(session)],
    missing:
      judgement !== null
        ? []
        : [
            {
              what: 'No comparison: a backtest runs one agent. To judge it against a baseline on the same ticks:',
              command: `makergym evaluate AGENT --baseline v15 --tape ${session.tapes[0]?.path ?? 'TAPE'}`,
            },
          ],
  };
}

function judgementOf(
  evaluation: { session: SessionRecord; judgement: Judgement | null } | null,
): ReportData['judgement'] {
  if (evaluation === null || evaluation.judgement === null) return null;
  const baseline = evaluation.session.lanes.find(({ role }) => role === 'baseline');
  return { ...evaluation.judgement, baseline: baseline?.name ?? 'baseline' };
}

function spanOf({ instrument, tapes }: SessionRecord): string {
  const first = tapes[0];
  const last = tapes[tapes.length - 1];
  const when = first === undefined ? '' : `, ${clock(first.start)} to ${clock(last.end)} UTC`;
  return `${instrument.symbol} on ${instrument.venue}${when}`;
}

/** A time to the second, for headings. */
function clock(time: number): string {
  return formatTime(time).slice(0, 19).replace('T', ' ');
}

function findManifest(directory: string, missing: Missing[]): PolicyManifest | null {
  try {
    return loadPolicy(directory).manifest;
  } catch (error) {
    missing.push({
      what: `No policy: ${(error as Error).message}`,
      command: `makergym train --resume ${directory}`,
    });
    return null;
  }
}

function provenance(run: RunDirectory, manifest: PolicyManifest | null): Facts {
  const { record } = run;
  const entries: [string, string][] = [
    ...record.command.map((line, i): [string, string] => [i === 0 ? 'Command' : 'Resumed by', line]),
    ['Engine', record.engine],
    ['Seed', String(record.seed)],
    ['Timesteps asked for', record.totalTimesteps.toLocaleString('en-US')],
    ['Git revision', record.revision ?? 'not in a git checkout'],
    ...Object.entries(record.versions).map(([name, version]): [string, string] => [name, version]),
  ];
  if (manifest !== null) {
    const { timesteps, updates, tapes } = manifest.provenance;
    entries.push(
      [
        'Policy saved at',
        `${timesteps.toLocaleString('en-US')} timesteps, ${updates.toLocaleString('en-US')} updates`,
      ],
      ['Anchor', manifest.anchor.name],
      ...tapes.map((tape): [string, string] => [
        'Trained or chosen on',
        `${tape.source}: ${formatTime(tape.start)} to ${formatTime(tape.end)}, SHA-256 ${tape.checksum}`,
      ]),
    );
  }
  return { title: 'Provenance', entries };
}

/** Nested settings as paths and values. */
function flatten(value: unknown, prefix = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[prefix, value === null ? 'null' : Array.isArray(value) ? value.join(', ') : String(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, prefix === '' ? key : `${prefix}.${key}`),
  );
}
