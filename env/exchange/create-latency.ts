import { InputError, unknownName } from '../../base/errors.ts';
import { DEFAULT_LANE, LATENCY_MODELS, type LatencySettings } from '../settings.ts';
import { ConstantLatency } from './latency.ts';
import { LogNormalLatency } from './latency-log-normal.ts';
import { RecordedLatency } from './latency-recorded.ts';
import { readLatencyRecording } from './latency-recording.ts';
import { SpikesLatency } from './latency-spikes.ts';
import { TapeLatency } from './latency-tape.ts';
import type { LatencyModel } from './models.ts';

/**
 * The latency model that settings name, a new one for each lane. Throws an InputError for an unknown model (with the
 * nearest), a parameter out of its range, or a file that cannot be used.
 */
export function createLatencyModel(settings: LatencySettings): LatencyModel {
  const all = { ...DEFAULT_LANE.latency, ...settings };
  checkRanges(all);
  switch (all.model) {
    case 'constant':
      return new ConstantLatency(all.entryMs, all.responseMs, all.feedMs);
    case 'log-normal':
      return new LogNormalLatency(all);
    case 'spikes':
      return new SpikesLatency(all);
    case 'tape':
      if (all.file === null) return new TapeLatency(all);
      return new RecordedLatency(readLatencyRecording(all.file, all.timeoutMs), all);
    case 'file':
      if (all.file === null)
        throw outOfRange('file', all.file, 'a file of request, exchange and response times');
      return new RecordedLatency(readLatencyRecording(all.file, all.timeoutMs), all);
    default:
      throw unknownName('latency model', String(all.model), LATENCY_MODELS);
  }
}

const TIMES = ['entryMs', 'responseMs', 'feedMs', 'jitterMs', 'spikeMs', 'timeoutMs', 'sigma'] as const;

function checkRanges(all: Required<LatencySettings>): void {
  for (const key of TIMES) {
    if (!(all[key] >= 0) || !Number.isFinite(all[key]))
      throw outOfRange(key, all[key], 'a number of at least 0');
  }
  for (const key of ['scale', 'spikeDurationMs'] as const) {
    if (!(all[key] > 0) || !Number.isFinite(all[key])) throw outOfRange(key, all[key], 'a number above 0');
  }
  const { spikeProbability } = all;
  if (!(spikeProbability >= 0 && spikeProbability <= 1)) {
    throw outOfRange('spikeProbability', spikeProbability, 'a probability from 0 to 1');
  }
}

function outOfRange(key: keyof LatencySettings, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-latency',
    message: `A latency with ${key} ${String(value)} is not possible.`,
    field: `lane.latency.${key}`,
    value,
    expected,
    hint: `Set lane.latency.${key}, or use --latency.`,
  });
}
