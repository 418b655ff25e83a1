/** How a command declares one of its options. */
export interface OptionSpec {
  readonly type: 'string' | 'number' | 'boolean' | 'list';
  readonly describe: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
  /** Allowed values; another is an error that names the nearest. */
  readonly choices?: readonly string[];
  /** Short placeholder in the help, e.g. `FILE`. */
  readonly placeholder?: string;
  /** Range of a number, inclusive; NaN and values outside are refused. */
  readonly minimum?: number;
  /** The number must be larger than this. */
  readonly above?: number;
  readonly maximum?: number;
  readonly integer?: boolean;
  /** Path in the configuration this option sets, e.g. `lane.maxInventory`. */
  readonly config?: string;
  /** Turns the text into what the configuration holds there, e.g. `10ms` into milliseconds; throws an InputError. */
  readonly parse?: (text: string) => unknown;
}

export interface PositionalSpec {
  readonly name: string;
  readonly describe: string;
  readonly required: boolean;
  readonly many?: boolean;
}

/** Options as parsed and checked: absent ones are undefined. */
export type Arguments = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Resolved configuration: defaults < --config FILE < --set < the command's own options. */
  readonly config: import('./config.ts').Config;
  readonly seed: number;
  /** Dotted paths of the settings that the user gave, in a file, by --set or by an option; the rest are defaults. */
  readonly given: ReadonlySet<string>;
  /** Aborted by Ctrl-C; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** Starts a progress report: a bar on a terminal, plain lines otherwise, nothing with --quiet. */
  progress(title: string, total: number, unit?: string): Progress;
  /** A line for people, on stderr. Silent with --quiet. */
  log(line: string): void;
  /** A result for people (tables), on stdout unless --json. */
  print(text: string): void;
  /**
   * The result, now, as one line of JSON on stdout: for commands that go on until they are stopped. With --json it is
   * the command's document, and what `run` returns is not printed. Absent within a chain of commands.
   */
  announce?(fields: Readonly<Record<string, unknown>>): void;
}

export interface Progress {
  /** Sets how far it has come; `note` is shown beside. */
  update(value: number, note?: string): void;
  done(): void;
}

/**
 * One command of the program: what it is called and takes. `run` returns the fields of its JSON document; it loads its
 * work (`cli/run/`) when it is called, so that help and errors of usage need none of the libraries that work needs.
 */
export interface Command {
  readonly name: string;
  readonly describe: string;
  readonly examples?: readonly (readonly [string, string])[];
  readonly positionals?: readonly PositionalSpec[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** False of a command that reads none of the configuration: it is then only loaded to check what a user gave. */
  readonly configured?: false;
  run(args: Arguments, context: CommandContext): Promise<Readonly<Record<string, unknown>>>;
}
