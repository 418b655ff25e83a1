import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError, MakergymError, RunError } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import type { Quote, Quoter, QuoterContext, QuoterView } from '../env/quoter.ts';
import type { ResolvedAgent } from './agents.ts';
import type { Config } from './config.ts';

/**
 * Loads an agent from a module whose default export is a Quoter, its class, or a function (config) => Quoter. Throws an
 * InputError where it does not load or gives something else.
 */
export async function loadModule(path: string, config: Config): Promise<ResolvedAgent> {
  requireFile(path, 'agent');
  const exported = await importDefault(path);
  const name = basename(path, extname(path));
  if (typeof exported === 'function') {
    const createQuoter = () => new ModuleQuoter(checkQuoter(construct(exported, config, path), path), path);
    createQuoter();
    return { name, createQuoter };
  }
  const quoter = checkQuoter(exported, path);
  let taken = false;
  return {
    name,
    createQuoter: () => {
      if (taken) throw notAQuoter(path, 'one quoter, where several lanes need one each');
      taken = true;
      return new ModuleQuoter(quoter, path);
    },
  };
}

/** A module's quoter; what it throws is told as its own fault. */
class ModuleQuoter implements Quoter {
  readonly name: string;
  readonly #quoter: Quoter;
  readonly #path: string;

  constructor(quoter: Quoter, path: string) {
    this.name = quoter.name;
    this.#quoter = quoter;
    this.#path = path;
  }

  reset(context: QuoterContext): void {
    try {
      this.#quoter.reset(context);
    } catch (cause) {
      throw this.#failed('reset', cause);
    }
  }

  quote(view: QuoterView, out: Quote): void {
    try {
      this.#quoter.quote(view, out);
    } catch (cause) {
      throw this.#failed('quote', cause);
    }
  }

  #failed(method: string, cause: unknown): unknown {
    if (cause instanceof MakergymError) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new RunError(
      {
        code: 'agent-failed',
        message: `The agent module ${this.#path} failed in ${method}(): ${message}`,
        field: 'agent',
        value: this.#path,
        hint: 'Mend the module. MAKERGYM_DEBUG=1 shows where in it.',
      },
      { cause },
    );
  }
}

async function importDefault(path: string): Promise<unknown> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    if (!/\.m?ts$/i.test(path)) return defaultOf(await import(url));
    const { tsImport } = await import('tsx/esm/api');
    return defaultOf(await tsImport(url, import.meta.url));
  } catch (cause) {
    throw new InputError(
      {
        code: 'broken-module',
        message: `The agent module ${path} does not load: ${reasonOf(cause)}`,
        field: 'agent',
        value: path,
        expected: 'a module that can be imported',
        hint: 'Mend the module; run it by itself to see the whole error.',
      },
      { cause },
    );
  }
}

/** What a failed import says, in a line: a compiler puts the place and the mistake below a heading. */
function reasonOf(cause: unknown): string {
  const lines = (cause as Error).message.split('\n').filter((line) => line.trim() !== '');
  return lines[0].endsWith(':') && lines.length > 1 ? `${lines[0]} ${lines[1].trim()}` : lines[0];
}

/** The default export; a CommonJS module that was compiled from ESM has it one level deeper. */
function defaultOf(module: Readonly<Record<string, unknown>>): unknown {
  const outer = module.default;
  const nested = typeof outer === 'object' && outer !== null && '__esModule' in outer && 'default' in outer;
  return nested ? (outer as { readonly default: unknown }).default : outer;
}

/** Calls a factory, or makes an instance of a class whose instances quote. */
function construct(exported: object, config: Config, path: string): unknown {
  const { prototype } = exported as { readonly prototype?: { readonly quote?: unknown } };
  try {
    if (typeof prototype?.quote === 'function')
      return new (exported as new (config: Config) => unknown)(config);
    return (exported as (config: Config) => unknown)(config);
  } catch (cause) {
    if (cause instanceof MakergymError) throw cause;
    throw notAQuoter(path, `a function that failed: ${(cause as Error).message}`);
  }
}

function checkQuoter(value: unknown, path: string): Quoter {
  if (typeof value !== 'object' || value === null) {
    throw notAQuoter(path, value === undefined ? 'nothing' : `a ${typeof value}`);
  }
  const { name, reset, quote } = value as Partial<Record<keyof Quoter, unknown>>;
  if (typeof name === 'string' && typeof reset === 'function' && typeof quote === 'function') {
    return value as Quoter;
  }
  const lacking = [
    typeof name === 'string' ? [] : ['name'],
    typeof reset === 'function' ? [] : ['reset()'],
    typeof quote === 'function' ? [] : ['quote()'],
  ].flat();
  const what = value instanceof Promise ? 'a Promise' : `an object without ${lacking.join(' and ')}`;
  throw notAQuoter(path, what);
}

function notAQuoter(path: string, found: string): InputError {
  return new InputError({
    code: 'not-a-quoter',
    message: `The default export of ${path} gives ${found}.`,
    field: 'agent',
    value: path,
    expected: 'a Quoter (name, reset, quote), its class, or a function (config) => Quoter',
    hint: 'See docs/agents.md for an example.',
  });
}
