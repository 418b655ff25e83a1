// Makes an import for each line of stdin and answers with its seconds: `import-turns.mjs OUT CAPTURE…`. It is the built
// package that is timed, in a process that does nothing else: what a user runs.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { importCaptures } from '../dist/market/import.js';

const [out, ...captures] = process.argv.slice(2);
for await (const _ of createInterface({ input: process.stdin })) {
  // A tape is written anew, as the peer's rows are.
  rmSync(out, { force: true });
  const start = performance.now();
  await importCaptures({ captures, out });
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
}
