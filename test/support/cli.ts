/** What a run of the program left: its exit code and all it printed. */
export interface ProgramRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in this process as `main.ts` would, with stdout and stderr taken aside. */
export async function makergym(...argv: readonly string[]): Promise<ProgramRun> {
  const printed = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const write = stream.write;
    stream.write = ((chunk: string | Uint8Array) => {
      printed[name] += chunk.toString();
      return true;
    }) as typeof stream.write;
    return () => {
      stream.write = write;
    };
  });
  try {
    // The program loads its commands by import(); so it is loaded itself, or there were two of each class.
    const { runProgram } = await import('../../cli/program.ts');
    const code = await runProgram(argv);
    return { code, ...printed };
  } finally {
    for (const each of restore) each();
  }
}

/** The document a command prints with `--json`: exactly one, on a line of its own. */
export async function makergymJson(
  ...argv: readonly string[]
): Promise<ProgramRun & { readonly document: Readonly<Record<string, unknown>> }> {
  const run = await makergym(...argv, '--json');
  const lines = run.stdout.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one document: ${run.stdout}`);
  return { ...run, document: JSON.parse(lines[0]) };
}
