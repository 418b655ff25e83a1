import { join } from 'node:path';
import { refuseSameFile } from '../../base/files.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { DecisionFile, FillFile } from '../../evaluation/records.ts';
import { SESSION_FILES } from '../../evaluation/session-files.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Arguments } from '../command.ts';
import { RECORD_OPTIONS } from '../options/records.ts';

/** Decision and fill files of one lane; they appear under their names when `finish` is called. */
export class RecordFiles {
  readonly #args: Arguments;
  readonly #folder: string | undefined;
  #open: (DecisionFile | FillFile)[] = [];

  /** Files that `--decisions` and `--fills` name, and one of each in `folder`. None may be one of `inputs`, nor what else
   * that folder is given. */
  constructor(args: Arguments, inputs: readonly string[], folder?: string) {
    this.#args = args;
    this.#folder = folder;
    const taken = [...inputs];
    for (const name of Object.keys(RECORD_OPTIONS)) {
      if (typeof args[name] !== 'string') continue;
      refuseSameFile(args[name], `--${name}`, [...taken, ...others(name, folder)]);
      taken.push(args[name]);
    }
  }

  /** Opens the files once the lot is known; the listeners that fill them. */
  listeners(instrument: Instrument, lot: number): readonly LaneListener[] {
    const paths = (name: string) => [
      ...(typeof this.#args[name] === 'string' ? [String(this.#args[name])] : []),
      ...(this.#folder === undefined ? [] : [join(this.#folder, `${name}.arrow`)]),
    ];
    for (const path of paths('decisions')) this.#open.push(new DecisionFile(path, { instrument, lot }));
    for (const path of paths('fills')) this.#open.push(new FillFile(path, { instrument, lot }));
    return this.#open;
  }

  finish(): void {
    for (const file of this.#open) file.finish();
    this.#open = [];
  }

  /** Removes what was not finished; does nothing after `finish`. */
  discard(): void {
    for (const file of this.#open) file.discard();
    this.#open = [];
  }
}

/** What the folder of a session is given besides the records of this name. */
function others(name: string, folder: string | undefined): readonly string[] {
  if (folder === undefined) return [];
  const records = Object.keys(RECORD_OPTIONS).map((other) => `${other}.arrow`);
  return [...records, ...SESSION_FILES]
    .filter((file) => file !== `${name}.arrow`)
    .map((file) => join(folder, file));
}
