// A thread that waits for what it is asked first, says so, and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { SharedBlock } = await import('../../training/learner/shared.ts');
new SharedBlock(1, 1, workerData).waitForAsked(0);
parentPort.postMessage('asked');
