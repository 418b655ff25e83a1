import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { requireFile, writeFileAtomic } from '../../base/files.ts';
import { reportPage } from '../../evaluation/report/page.ts';
import { hasSession } from '../../evaluation/session-files.ts';
import type { Command } from '../command.ts';
import { runReport, sessionReport } from '../evaluation/report-data.ts';

export const run: Command['run'] = async (args, context) => {
  const { RUN: run, backtest } = args;
  if ((run === undefined) === (backtest === undefined)) {
    throw new InputError({
      code: 'missing-option',
      message:
        run === undefined
          ? '"report" needs RUN or --backtest.'
          : '"report" takes RUN or --backtest, not both.',
      field: 'RUN',
      value: run,
      expected: 'the folder of a run, or --backtest DIR',
      hint: 'See makergym report --help.',
    });
  }
  const directory = String(run ?? backtest);
  requireFile(directory, run === undefined ? 'backtest' : 'RUN');
  const isRun = backtest === undefined && existsSync(join(directory, 'run.json'));
  if (!isRun && !hasSession(directory)) throw nothingToShow(directory, backtest === undefined);
  const data = isRun ? runReport(directory) : await sessionReport(directory);
  const out = typeof args.out === 'string' ? args.out : join(directory, 'report.html');
  writeFileAtomic(out, reportPage(data));
  for (const { what } of data.missing) context.log(what);
  context.print(out);
  return { out, missing: data.missing.map(({ what }) => what) };
};

function nothingToShow(directory: string, run: boolean): InputError {
  return new InputError({
    code: 'nothing-to-report',
    message: `${directory} holds ${run ? 'no run' : 'no backtest'}.`,
    field: run ? 'RUN' : '--backtest',
    value: directory,
    expected: run
      ? 'a folder that `train` wrote'
      : 'a folder that `backtest --out` or `evaluate --out` wrote',
    hint: 'Check the path.',
  });
}
