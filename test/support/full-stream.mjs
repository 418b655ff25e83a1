import { writeSync } from 'node:fs';

// Loaded before the program: fills stdout or stderr, as $FULL says, until the last of it waits for its reader, keeps the
// process alive as threads of a numeric back end may, and says `ended` on descriptor 4 once the program has run.
const full = process[process.env.FULL];
while (full.writableLength === 0) full.write('#\n');
const watch = setInterval(() => {
  if (process.exitCode === undefined) return;
  clearInterval(watch);
  writeSync(4, 'ended\n');
}, 5);
setInterval(() => undefined, 1000);
