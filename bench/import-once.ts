/** Seconds that the first import of a process takes: `import-once.ts OUT CAPTURE…`. */
import { importCaptures } from '../market/import.ts';

const [out, ...captures] = process.argv.slice(2);
const start = performance.now();
await importCaptures({ captures, out });
console.log((performance.now() - start) / 1000);
