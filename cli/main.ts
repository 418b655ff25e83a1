#!/usr/bin/env node
import { runProgram } from './program.ts';

// Whoever reads may stop early, as `head` does: there is no one left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// Ctrl-C ends whoever reads the messages too, as in `2>&1 | tee`: the work is to be brought to an end all the same.
process.stderr.on('error', () => undefined);

process.exitCode = await runProgram(process.argv.slice(2));
// Worker threads of the numeric back ends must not keep a finished program alive once all it printed is taken. An empty
// write comes after all that waits; `drain` comes only where that was more than a stream likes to hold.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
