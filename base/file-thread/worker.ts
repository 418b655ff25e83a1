import { parentPort } from 'node:worker_threads';
import { Gunzip } from '../inflate/gunzip.ts';
import { CheckedWriter } from './checked-writer.ts';
import type { Answer, Request } from './requests.ts';

// The thread of file-thread.ts: does what it is asked for.

const port = parentPort;
if (port === null) throw new Error('this runs in a thread of its own');
const source = new Gunzip();
let target: CheckedWriter | undefined;

function perform(request: Request): Answer {
  switch (request.kind) {
    case 'open':
      source.open(request.descriptor);
      return {};
    case 'inflate': {
      const chunk = source.next();
      new Uint8Array(request.buffer).set(chunk);
      return { length: chunk.length, read: source.read };
    }
    case 'create':
      target = new CheckedWriter(request.descriptor);
      return {};
    case 'write':
      target?.write(new Uint8Array(request.buffer, 0, request.length), request.checked);
      return {};
    case 'checksum':
      return { checksum: target?.checksum() };
  }
}

function answer(request: Request): Answer {
  try {
    return perform(request);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { failure: { message, code } };
  }
}

port.on('message', (request: Request) => {
  if ('buffer' in request) port.postMessage({ ...answer(request), buffer: request.buffer }, [request.buffer]);
  else port.postMessage(answer(request));
});
