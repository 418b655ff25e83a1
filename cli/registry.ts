import type { Command } from './command.ts';

/** Every command by name. Loaded one at a time, so that a command starts without the libraries of the others. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  'fit-market': async () => (await import('./commands/fit-market.ts')).fitMarketCommand,
  record: async () => (await import('./commands/record.ts')).recordCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  backtest: async () => (await import('./commands/backtest.ts')).backtestCommand,
  train: async () => (await import('./commands/train.ts')).trainCommand,
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  shadow: async () => (await import('./commands/shadow.ts')).shadowCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  reproduce: async () => (await import('./commands/reproduce.ts')).reproduceCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
};
