import { measureUpdates } from '../../agents/sac/calibrate.ts';
import type { EngineKind } from '../../agents/sac/choose-engine.ts';
import type { SacEngineOptions } from '../../agents/sac/engine.ts';
import { DEFAULT_SAC } from '../../training/settings.ts';

export interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  /** Why it is not available, else null. */
  readonly reason: string | null;
  /** At observation 64, action 3, batch 256 and two layers of 256; null where not measured. */
  readonly updatesPerSecond: number | null;
}

/** How long the updates of one engine are timed, ms; a slow engine finishes the update it is in. */
export const MEASURE_MS = 800;

export const BENCHMARK: SacEngineOptions = {
  ...DEFAULT_SAC,
  hidden: [256, 256],
  batchSize: 256,
  observationSize: 64,
  actionSize: 3,
  targetEntropy: -3,
  seed: 0,
};

/** Makes an engine and measures it; why it cannot be made where it cannot. */
export async function examine(kind: EngineKind, measure: boolean): Promise<EngineReport> {
  const { name } = kind;
  try {
    const engine = await kind.create(BENCHMARK);
    const updatesPerSecond = measure ? await measureUpdates(engine, MEASURE_MS) : null;
    engine.dispose();
    return { name, available: true, reason: null, updatesPerSecond };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name, available: false, reason, updatesPerSecond: null };
  }
}
