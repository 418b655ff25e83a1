import type { Tensor } from 'onnxruntime-node';
import { InPlaceSession } from '../../onnx/in-place.ts';
import { CHOICE, resultOf } from '../../onnx/protobuf.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';
import type { SacEngineOptions } from './engine.ts';
import type { BatchMemory } from './onnx-batch-memory.ts';
import { type Settings, sessionOptions } from './onnx-device.ts';
import { floatsAt, type PlacedTensor, type StatePlan } from './onnx-memory.ts';
import { actorGraph, criticGraph, gradientName } from './onnx-update.ts';

/** The halves of an update: what each network learns. */
export const PHASES = ['critics', 'actor'] as const;
export type Phase = (typeof PHASES)[number];

/** What phases are of, and where they read and write. */
export interface PhasesSpec {
  readonly options: SacEngineOptions;
  readonly settings: Settings;
  readonly size: number;
  readonly learners: number;
  readonly plan: StatePlan;
  readonly state: ArrayBuffer;
  readonly batch: BatchMemory;
}

/** Updates' halves, compiled for one size of batch. */
export interface Phases {
  /**
   * Writes gradients and means. The critics' are found from the weights of set `current`; the actor's from its own of
   * that set and the critics of the other, which have just been updated.
   */
  run(phase: Phase, current: number): Promise<void>;
  release(): Promise<void>;
}

/** Tensors in one memory: those of a state begin where its set does, which may be the first or the second. */
export interface PlacedGroup {
  readonly memory: ArrayBuffer;
  readonly starts: readonly [number, number];
  readonly tensors: readonly PlacedTensor[];
}

/** What a phase can read. */
export function inputsOf(phase: Phase, { plan, state, batch }: PhasesSpec): readonly PlacedGroup[] {
  const { actor, critics } = trainedOf(plan);
  const [first, second] = plan.sets;
  const ofState = (starts: readonly [number, number], tensors: readonly PlacedTensor[]) => ({
    memory: state,
    starts,
    tensors,
  });
  return [
    { memory: batch.memory, starts: [0, 0], tensors: batch.inputs },
    ofState([0, 0], plan.numbers),
    ofState([first, second], actor),
    ofState(phase === 'critics' ? [first, second] : [second, first], critics),
    ofState([first, second], plan.targets),
  ];
}

/** Where what both phases find goes. */
export function resultsOf({ plan, state, batch }: PhasesSpec): readonly PlacedGroup[] {
  const gradients = plan.trained.map((tensor) => ({ ...tensor, name: gradientName(tensor.name) }));
  return [
    { memory: batch.memory, starts: [0, 0], tensors: batch.results },
    { memory: state, starts: [plan.gradient, plan.gradient], tensors: gradients },
  ];
}

function trainedOf({ trained, critics }: StatePlan) {
  const isCritics = ({ at }: PlacedTensor) => at >= critics.at;
  return { actor: trained.filter((tensor) => !isCritics(tensor)), critics: trained.filter(isCritics) };
}

/** Tensors over the memory of groups, by name. */
export function tensorsOver(
  runtime: OnnxRuntime,
  groups: readonly PlacedGroup[],
  current: number,
): Map<string, Tensor> {
  return new Map(
    groups.flatMap(({ memory, starts, tensors }) =>
      tensors.map(({ name, shape, at }) => {
        const data = floatsAt(memory, { shape, at: starts[current] + at });
        return [name, new runtime.Tensor('float32', data, shape)] as const;
      }),
    ),
  );
}

/** Tensors of a phase. */
interface PhaseTensors {
  /** What it reads when the state lies in the first set, and when it lies in the second. */
  readonly feeds: readonly Readonly<Record<string, Tensor>>[];
  readonly fetches: Readonly<Record<string, Tensor>>;
}

/**
 * The graphs that find the gradients and means of each phase, with the tensors they read from and write into. Both are
 * one session: a second would have threads of its own, which would wait awake for their next run and take the first's
 * processors.
 */
export class ProcessorPhases implements Phases {
  readonly #session: InPlaceSession;
  readonly #tensors: Readonly<Record<Phase, PhaseTensors>>;
  readonly #isProfiled: boolean;

  private constructor(
    session: InPlaceSession,
    tensors: Readonly<Record<Phase, PhaseTensors>>,
    isProfiled: boolean,
  ) {
    this.#session = session;
    this.#tensors = tensors;
    this.#isProfiled = isProfiled;
  }

  static async compile(runtime: OnnxRuntime, spec: PhasesSpec): Promise<ProcessorPhases> {
    const { options, settings, size, learners, batch } = spec;
    const graphs = [criticGraph(options, size, learners), actorGraph(options, size, learners)] as const;
    const session = await InPlaceSession.openChoice(runtime, 'sac', graphs, sessionOptions(settings));
    const inputs = new Set(session.inputNames);
    const results = tensorsOver(runtime, resultsOf(spec), 0);
    const ofPhase = (phase: Phase): PhaseTensors => {
      const isFirst = phase === 'critics';
      const choice = new runtime.Tensor('bool', Uint8Array.of(isFirst ? 1 : 0), []);
      const feeds = [0, 1].map((current) => {
        const all = [...tensorsOver(runtime, inputsOf(phase, spec), current)];
        return Object.fromEntries([[CHOICE, choice] as const, ...all.filter(([name]) => inputs.has(name))]);
      });
      const { outputs } = graphs[isFirst ? 0 : 1];
      const fetches = outputs.map(({ name }, i) => [resultOf(i), results.get(name) as Tensor] as const);
      return { feeds, fetches: Object.fromEntries(fetches) };
    };
    const ofPhases = { critics: ofPhase('critics'), actor: ofPhase('actor') };
    // Means of zeros by weights of zeros are finite, as they are at any later time.
    const { feeds, fetches } = ofPhases.critics;
    await session.probe(feeds[0], fetches, batch.view('critic/means'));
    return new ProcessorPhases(session, ofPhases, settings.profile !== undefined);
  }

  run(phase: Phase, current: number): Promise<void> {
    const { feeds, fetches } = this.#tensors[phase];
    return this.#session.run(feeds[current], fetches);
  }

  async release(): Promise<void> {
    if (this.#isProfiled) this.#session.endProfiling();
    await this.#session.release();
  }
}
