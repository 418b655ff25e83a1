import { SAC } from '../../training/sac.ts';
import { fakeEngineModule } from '../support/fake-engine-module.ts';
import { PointEnv } from '../support/point-env.ts';

// Prints what a learner says whose thread ends as soon as it has sent its state: a process that waits for it without its
// event loop could not be stopped from within.
const sac = new SAC(new PointEnv(), { engineModule: fakeEngineModule('leaves') });
await sac.weights().catch((error) => process.stdout.write(`${error.code}: ${error.message}`));
await sac.dispose();
