import type { Tensor } from 'onnxruntime-node';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import { InPlaceSession } from '../../onnx/in-place.ts';
import { portable } from '../../onnx/portable.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';
import { overStretches, type Stretch, usedInputs } from '../../onnx/stretches.ts';
import { type Device, hasContrib, sessionOptions } from './onnx-device.ts';
import { sizeOf } from './onnx-layout.ts';
import type { PlacedTensor } from './onnx-memory.ts';
import {
  inputsOf,
  type Phase,
  type Phases,
  type PhasesSpec,
  type PlacedGroup,
  resultsOf,
  tensorsOver,
} from './onnx-phase.ts';
import { actorGraph, criticGraph } from './onnx-update.ts';

const FLOAT_BYTES = 4;

/** A phase's session, and what it reads when the state lies in either set. */
interface DevicePhase {
  readonly session: InPlaceSession;
  readonly feeds: readonly Readonly<Record<string, Tensor>>[];
  readonly fetches: Readonly<Record<string, Tensor>>;
}

/**
 * The phases on a device that takes long over each transfer: tensors that are neighbours in memory go as one. A session
 * each, which takes what its graph needs and no more.
 */
export class DevicePhases implements Phases {
  readonly #phases: Readonly<Record<Phase, DevicePhase>>;
  readonly #isProfiled: boolean;

  private constructor(phases: Readonly<Record<Phase, DevicePhase>>, isProfiled: boolean) {
    this.#phases = phases;
    this.#isProfiled = isProfiled;
  }

  static async compile(runtime: OnnxRuntime, spec: PhasesSpec): Promise<DevicePhases> {
    const { options, size, learners } = spec;
    const critics = await compilePhase(runtime, spec, 'critics', criticGraph(options, size, learners));
    const actor = await compilePhase(runtime, spec, 'actor', actorGraph(options, size, learners));
    return new DevicePhases({ critics, actor }, spec.settings.profile !== undefined);
  }

  run(phase: Phase, current: number): Promise<void> {
    const { session, feeds, fetches } = this.#phases[phase];
    return session.run(feeds[current], fetches);
  }

  async release(): Promise<void> {
    for (const { session } of Object.values(this.#phases)) {
      if (this.#isProfiled) session.endProfiling();
      await session.release();
    }
  }
}

async function compilePhase(
  runtime: OnnxRuntime,
  spec: PhasesSpec,
  phase: Phase,
  graph: Graph,
): Promise<DevicePhase> {
  const { settings, batch } = spec;
  const read = joined(inputsOf(phase, spec), usedInputs(graph));
  const written = joined(resultsOf(spec), new Set(graph.outputs.map(({ name }) => name)));
  const merged = overStretches(standard(graph, settings.device), read.stretches, written.stretches);
  const session = await InPlaceSession.open(runtime, merged, sessionOptions(settings));
  const feeds = [0, 1].map((current) => Object.fromEntries(tensorsOver(runtime, read.groups, current)));
  const fetches = Object.fromEntries(tensorsOver(runtime, written.groups, 0));
  // Means of zeros by weights of zeros are finite, as they are at any later time.
  await session.probe(feeds[0], fetches, batch.view(phase === 'critics' ? 'critic/means' : 'actor/means'));
  return { session, feeds, fetches };
}

function standard(graph: Graph, device: Device): Graph {
  if (hasContrib(device)) return graph;
  const outputs = Object.fromEntries(graph.outputs.map(({ name, tensor }) => [name, tensor]));
  const inputs = graph.inputs.map(({ tensor }) => tensor);
  return buildGraph(graph.name, inputs, portable(outputs));
}

/** Those of the tensors that are wanted, neighbours as one: for graphs, and as tensors in memory. */
function joined(groups: readonly PlacedGroup[], wanted: ReadonlySet<string>) {
  const stretches: Stretch[] = [];
  const joinedGroups = groups.map((group): PlacedGroup => {
    const runs: PlacedTensor[][] = [];
    let isNeighbour = false;
    for (const tensor of group.tensors) {
      if (!wanted.has(tensor.name)) {
        isNeighbour = false;
        continue;
      }
      if (isNeighbour) runs[runs.length - 1].push(tensor);
      else runs.push([tensor]);
      isNeighbour = true;
    }
    const tensors = runs.map((run): PlacedTensor => {
      const [{ name: first, at }] = run;
      const last = run[run.length - 1];
      const size = (last.at - at) / FLOAT_BYTES + sizeOf(last);
      const name = `${first}/joined`;
      const inside = run.map((one) => ({
        name: one.name,
        shape: one.shape,
        offset: (one.at - at) / FLOAT_BYTES,
      }));
      stretches.push({ name, size, tensors: inside });
      return { name, shape: [size], at };
    });
    return { ...group, tensors };
  });
  return { stretches, groups: joinedGroups };
}
