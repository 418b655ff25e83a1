import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createEngine } from '../../agents/sac/choose-engine.ts';
import type { SacEngine, SacState } from '../../agents/sac/engine.ts';
import { RunningNormaliser } from '../../env/normaliser.ts';
import { RingBuffer } from '../../replay/ring-buffer.ts';
import { Learner } from '../learner.ts';
import type { EngineFactory } from '../sac-options.ts';
import { actorOf, bytesOf, sharedActor } from './actor.ts';
import { explainUpdate, sendable } from './failure.ts';
import { SharedBlock } from './shared.ts';
import type { Answer, LearnerSpec, Request } from './thread.ts';

// The learner's thread: training/learner/thread.ts starts it. It sleeps until it is asked for a block or a message.

const spec = workerData as LearnerSpec;
const port: MessagePort = spec.port;
const answer = (message: Answer) => port.postMessage(message);

async function makeEngine(): Promise<SacEngine> {
  const { options, module, choice } = spec;
  if (module === undefined) {
    // The environments' thread works beside it.
    const report = (line: string) => answer({ kind: 'report', line });
    return createEngine(options, { ...choice, sharesProcessors: true, report });
  }
  const { default: factory } = (await import(module)) as { default: EngineFactory };
  return factory(options);
}

async function serve(engine: SacEngine): Promise<void> {
  const shared = new SharedBlock(spec.options.observationSize, spec.maxUpdates, spec.shared);
  const buffer = RingBuffer.attach(spec.buffer);
  const normaliser = new RunningNormaliser(spec.options.observationSize, spec.normaliser);
  const learner = new Learner(engine, normaliser, spec.seed);
  const actor = actorOf(engine.exportState());
  const size = bytesOf(actor);
  const actors = new SharedArrayBuffer(2 * size);
  const slots = [sharedActor(actor, actors, 0), sharedActor(actor, actors, size)];
  let slot = 0;
  let hasFailed = false;
  publish(engine, slots[slot]);
  answer({ kind: 'ready', engine: engine.name, options: engine.options, actor, actors });

  for (let number = 0; ; number++) {
    shared.waitForAsked(number);
    const received = receiveMessageOnPort(port) as { message: Request } | undefined;
    if (received === undefined) {
      await runBlock(number);
      slot = 1 - slot;
      publish(engine, slots[slot]);
    } else if (received.message.kind === 'dispose') {
      engine.dispose();
      return;
    } else {
      await respond(received.message);
    }
    shared.markDone();
  }

  async function runBlock(number: number): Promise<void> {
    const { window, updates, before, follows } = shared.readBlock(number);
    if (follows && hasFailed) return shared.writeOutcome(number, 0, false);
    hasFailed = false;
    normaliser.setStatistics(shared.statistics(number));
    for (let update = 0; update < updates; update++) {
      try {
        shared.writeMetrics(number, update, await learner.update(buffer, window));
      } catch (error) {
        hasFailed = true;
        answer({ kind: 'failed', error: sendable(explainUpdate(error, before + update + 1)) });
        return shared.writeOutcome(number, update, true);
      }
    }
    shared.writeOutcome(number, updates, false);
  }

  async function respond(request: Request): Promise<void> {
    try {
      if (request.kind === 'export') {
        const snapshot = { weights: engine.exportState(), streams: learner.exportState() };
        answer({ kind: 'exported', snapshot });
      } else if (request.kind === 'import') {
        engine.importState(request.snapshot.weights);
        learner.importState(request.snapshot.streams);
        publish(engine, slots[slot]);
        answer({ kind: 'imported' });
      }
    } catch (error) {
      answer({ kind: 'failed', error: sendable(error) });
    }
  }
}

function publish(engine: SacEngine, slot: SacState): void {
  engine.exportActor(slot);
}

try {
  await serve(await makeEngine());
} catch (error) {
  answer({ kind: 'ended', error: sendable(error) });
}
port.close();
