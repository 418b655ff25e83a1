import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineKind } from '../../agents/sac/choose-engine.ts';
import type { EngineReport } from './examine.ts';

/** How long a device may take to be found, compiled for and measured. */
const PATIENCE_MS = 60_000;

/**
 * As {@link examine}, in a process of its own: what a driver prints when it is probed stays there, and one that crashes
 * ends nothing else.
 */
export function examineApart(
  { name }: EngineKind,
  measure: boolean,
  signal: AbortSignal,
): Promise<EngineReport> {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(isSource ? 'probe.ts' : 'probe.js', import.meta.url));
  const loader = isSource ? ['--import', 'tsx'] : [];
  const unavailable = (reason: string) => ({ name, available: false, reason, updatesPerSecond: null });
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...loader, entry, name, String(measure)],
      { timeout: PATIENCE_MS, signal, cwd: fileURLToPath(new URL('../..', import.meta.url)) },
      (error, stdout) => {
        const line = stdout.split('\n').find((text) => text.startsWith('{'));
        if (line !== undefined) resolve(JSON.parse(line) as EngineReport);
        else if (error?.killed)
          resolve(unavailable(`It did not answer within ${PATIENCE_MS / 1000} seconds.`));
        else resolve(unavailable(`The process that tried it ended (${error?.signal ?? error?.code ?? 0}).`));
      },
    );
  });
}
