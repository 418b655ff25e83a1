import { isAbsolute, join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { formatTime, MICROSECONDS } from '../../base/time.ts';
import type { PolicyManifest } from '../../checkpoints/policy-manifest.ts';
import type { MarketMakingSettings } from '../../env/settings.ts';
import type { Instrument } from '../../market/instrument.ts';
import { TapeReplay } from '../../market/replay.ts';
import type { FittedTo } from '../../market/simulated/market-file.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { TapeInfo } from '../../market/tape/rows.ts';
import { busiestStart } from './busiest.ts';

/** Share of the training tapes' time kept apart for evaluation when no tape is given for it. */
const HELD_OUT = 0.2;

/** A tape as a run remembers it. */
export interface TapeReference {
  /** Relative to the run where it lies inside, absolute otherwise. */
  readonly path: string;
  readonly checksum: string;
}

/** A stretch of tapes: what is trained on, or what is judged on. Times in µs. */
export interface Stretch {
  readonly tapes: readonly TapeReference[];
  readonly start: number;
  readonly end: number;
}

/** What a run trains on, and apart from it what it picks its best policy by. */
export interface TrainingData {
  readonly training: Stretch;
  readonly selection: Stretch;
  /** The selection stretch is the end of the training tapes, kept apart from training. */
  readonly heldOut: boolean;
  /** The recording that the simulated market was fitted to: its ticks were seen too. */
  readonly fittedTo?: FittedTo;
}

export interface DataChoice {
  readonly run: string;
  readonly tapes: readonly string[];
  /** Empty: the last fifth of `tapes` is kept apart. */
  readonly evaluationTapes: readonly string[];
  /** Of the training stretch, µs. */
  readonly start?: number;
  readonly end?: number;
  /** Longest selection stretch, s. */
  readonly evaluationSeconds: number;
  readonly marketMaking: MarketMakingSettings;
}

/** Decides what is trained on and what is judged on. They never overlap: an InputError says so where they would. */
export function chooseData(choice: DataChoice): TrainingData {
  const infos = choice.tapes.map(readInfo);
  requireOrder(choice.tapes, infos, 'tape');
  const start = Math.max(choice.start ?? Number.NEGATIVE_INFINITY, infos[0].start);
  const end = Math.min(choice.end ?? Number.POSITIVE_INFINITY, infos[infos.length - 1].end);
  if (!(end > start)) throw emptyStretch(start, end, infos);
  const tapes = references(choice.run, choice.tapes, infos);
  const longest = choice.evaluationSeconds * MICROSECONDS;
  const evaluationInfos = choice.evaluationTapes.map(readInfo);
  requireOrder(choice.evaluationTapes, evaluationInfos, 'eval-tape');
  // Naming the training tape for evaluation means: a part of it, apart from training.
  const known = new Set(infos.map(({ checksum }) => checksum));
  const heldOut = evaluationInfos.every(({ checksum }) => known.has(checksum));
  if (heldOut) {
    const cut = Math.floor(end - HELD_OUT * (end - start));
    return {
      training: { tapes, start, end: cut },
      selection: { tapes, ...busiest(choice.tapes, cut, end, longest) },
      heldOut,
    };
  }
  const warmup = choice.marketMaking.warmupSeconds * MICROSECONDS;
  const judgedFrom = evaluationInfos[0].start + warmup;
  const judgedTo = evaluationInfos[evaluationInfos.length - 1].end;
  if (!(judgedTo > judgedFrom)) throw nothingToJudge(choice, judgedTo - evaluationInfos[0].start);
  const selection = busiest(choice.evaluationTapes, judgedFrom, judgedTo, longest);
  requireApart(infos, evaluationInfos, { start, end }, selection);
  return {
    training: { tapes, start, end },
    selection: { tapes: references(choice.run, choice.evaluationTapes, evaluationInfos), ...selection },
    heldOut,
  };
}

function busiest(paths: readonly string[], start: number, end: number, length: number) {
  const from = busiestStart(paths, start, end, length);
  return { start: from, end: Math.min(end, from + length) };
}

/** A replay of a stretch's tapes, its own; throws an InputError if a tape is no longer the one the run began with. */
export function openReplay(run: string, stretch: Stretch, warmupSeconds: number): TapeReplay {
  const tapes = stretch.tapes.map((reference) => {
    const path = isAbsolute(reference.path) ? reference.path : join(run, reference.path);
    const tape = openTape(path);
    const { checksum } = tape.info;
    if (checksum === reference.checksum) return tape;
    tape.close();
    throw new InputError({
      code: 'other-tape',
      message: `${path} is not the tape this run began with.`,
      field: 'tape',
      value: checksum,
      expected: `checksum ${reference.checksum}`,
      hint: 'Put the former tape back, or begin a new run.',
    });
  });
  return new TapeReplay(tapes, { warmupSeconds });
}

/** What the policy was trained and selected on, for `evaluate` to keep away from. */
export function provenance(
  run: string,
  data: TrainingData,
): { readonly instrument: Instrument; readonly tapes: PolicyManifest['provenance']['tapes'] } {
  const spans = [data.training, data.selection].flatMap((stretch) =>
    stretch.tapes.map((reference) => {
      const info = readInfo(isAbsolute(reference.path) ? reference.path : join(run, reference.path));
      return {
        info,
        start: Math.max(stretch.start, info.start),
        end: Math.min(stretch.end, info.end),
      };
    }),
  );
  const { fittedTo } = data;
  return {
    instrument: spans[0].info.instrument,
    tapes: [
      ...spans
        .filter(({ start, end }) => end > start)
        .map(({ info, start, end }) => ({
          source: info.source.join(', '),
          checksum: info.checksum,
          start,
          end,
        })),
      ...(fittedTo === undefined ? [] : [{ ...fittedTo, source: fittedTo.source.join(', ') }]),
    ],
  };
}

/** The stretches in words, for the log. */
export function describeData(data: TrainingData): readonly string[] {
  const span = ({ start, end }: Stretch) =>
    `${formatTime(start)} to ${formatTime(end)} (${((end - start) / 60e6).toFixed(1)} min)`;
  const apart = data.heldOut
    ? `of the last ${100 * HELD_OUT} % of the tape, kept apart`
    : 'of a tape of its own';
  return [
    `Training on   ${span(data.training)}`,
    `Evaluating on ${span(data.selection)}: the busiest stretch ${apart}; the best policy is chosen by it`,
  ];
}

function emptyStretch(start: number, end: number, infos: readonly TapeInfo[]): InputError {
  const tape = `${formatTime(infos[0].start)} to ${formatTime(infos[infos.length - 1].end)}`;
  return new InputError({
    code: 'empty-stretch',
    message: `Nothing of the tape lies from ${formatTime(start)} to ${formatTime(end)}.`,
    field: 'start',
    value: formatTime(start),
    expected: `times of the tape, ${tape}`,
    hint: 'Check --start and --end; tapes go in order of time.',
  });
}

/** The error for evaluation tapes of `length` µs, which their warm-up takes whole. */
function nothingToJudge({ evaluationTapes, marketMaking }: DataChoice, length: number): InputError {
  const seconds = length / MICROSECONDS;
  return new InputError({
    code: 'tape-too-short',
    message:
      `${evaluationTapes.join(', ')} gives ${seconds.toFixed(1)} s; the warm-up takes ` +
      `${marketMaking.warmupSeconds} s, which leaves nothing to judge a policy by.`,
    field: 'eval-tape',
    value: seconds,
    expected: `more than ${marketMaking.warmupSeconds} s`,
    hint: 'Take a longer tape, or lower marketMaking.warmupSeconds.',
  });
}

function requireOrder(paths: readonly string[], infos: readonly TapeInfo[], field: string): void {
  const early = infos.findIndex((info, i) => i > 0 && info.start < infos[i - 1].end);
  if (early < 0) return;
  throw new InputError({
    code: 'tapes-out-of-order',
    message:
      `${paths[early]} begins at ${formatTime(infos[early].start)}, before the end of ${paths[early - 1]} ` +
      `(${formatTime(infos[early - 1].end)}).`,
    field,
    value: paths[early],
    expected: 'tapes in order of time that do not overlap',
    hint: 'Give the earlier tape first.',
  });
}

function readInfo(path: string): TapeInfo {
  const tape = openTape(path);
  tape.close();
  return tape.info;
}

function references(run: string, paths: readonly string[], infos: readonly TapeInfo[]): TapeReference[] {
  return paths.map((path, i) => {
    const within = relative(resolve(run), resolve(path));
    const inside = !within.startsWith('..') && !isAbsolute(within);
    return { path: inside ? within : resolve(path), checksum: infos[i].checksum };
  });
}

function requireApart(
  training: readonly TapeInfo[],
  evaluation: readonly TapeInfo[],
  trained: { readonly start: number; readonly end: number },
  judged: { readonly start: number; readonly end: number },
): void {
  const key = ({ instrument }: TapeInfo) => `${instrument.venue} ${instrument.symbol}`;
  if (key(training[0]) !== key(evaluation[0])) {
    throw new InputError({
      code: 'other-instrument',
      message: `The evaluation tape is of ${key(evaluation[0])}, the training tape of ${key(training[0])}.`,
      field: 'eval-tape',
      value: key(evaluation[0]),
      expected: key(training[0]),
      hint: 'Evaluate on the instrument that is trained.',
    });
  }
  if (judged.end <= trained.start || judged.start >= trained.end) return;
  throw new InputError({
    code: 'overlap',
    message:
      `The evaluation tape (${formatTime(judged.start)} to ${formatTime(judged.end)}) overlaps what is trained ` +
      `on (${formatTime(trained.start)} to ${formatTime(trained.end)}).`,
    field: 'eval-tape',
    value: formatTime(judged.start),
    expected: 'times that training does not see',
    hint:
      'Give another tape, limit training by --start and --end, or leave --eval-tape out: the last fifth is kept ' +
      'apart then.',
  });
}
