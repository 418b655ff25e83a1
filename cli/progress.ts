import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import type { Progress } from './command.ts';

/** Work shorter than this shows no progress at all, ms. */
const QUIET_PERIOD = 1000;
/** Without a terminal a plain line is written this often, ms. */
const LINE_PERIOD = 5000;

/** A progress report on stderr that suits where stderr goes: a bar, or plain lines now and then. */
export function startProgress(title: string, total: number, unit = ''): Progress {
  return process.stderr.isTTY ? barProgress(title, total, unit) : lineProgress(title, total, unit);
}

export const SILENT: Progress = { update: () => undefined, done: () => undefined };

function barProgress(title: string, total: number, unit: string): Progress {
  const began = Date.now();
  let bar: SingleBar | undefined;
  const show = (value: number, note: string) => {
    if (bar === undefined) {
      if (Date.now() - began < QUIET_PERIOD) return;
      // Loaded where there is something to show: most work is done sooner.
      const library = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
      bar = new library.SingleBar(
        {
          format: `${title} {bar} {percentage}% {amount} {elapsed} left {eta_formatted} {note}`,
          hideCursor: true,
          stream: process.stderr,
          clearOnComplete: false,
          etaBuffer: 50,
        },
        library.Presets.shades_classic,
      );
      bar.start(total, value, { amount: '', elapsed: '', note: '' });
    }
    bar.update(Math.min(value, total), { amount: amount(value, total, unit), elapsed: elapsed(began), note });
  };
  return {
    update: (value, note = '') => show(value, note),
    done: () => bar?.stop(),
  };
}

function lineProgress(title: string, total: number, unit: string): Progress {
  const began = Date.now();
  let last = began;
  let shown = false;
  let latest = 0;
  const write = (value: number, note: string) => {
    const percent = total > 0 ? `${Math.floor((100 * Math.min(value, total)) / total)}%` : '';
    const line = [title, percent, amount(value, total, unit), elapsed(began), note].filter(
      (part) => part !== '',
    );
    process.stderr.write(`${line.join('  ')}\n`);
    shown = true;
  };
  return {
    update: (value, note = '') => {
      latest = value;
      const now = Date.now();
      if (now - last < LINE_PERIOD) return;
      last = now;
      write(value, note);
    },
    done: () => {
      if (shown) write(latest, '');
    },
  };
}

function amount(value: number, total: number, unit: string): string {
  if (unit === '') return '';
  const format = (x: number) => Math.round(x).toLocaleString('en-US');
  return total > 0 ? `${format(value)}/${format(total)} ${unit}` : `${format(value)} ${unit}`;
}

function elapsed(began: number): string {
  const seconds = Math.round((Date.now() - began) / 1000);
  return seconds < 60
    ? `${seconds}s`
    : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}
