import type { Quote, QuoterContext, QuoterView, ReloadableQuoter } from '../env/quoter.ts';
import { type Bound, checkParameters } from './check-parameters.ts';

/** What the baselines share: parameters checked whenever they are set, and the context of the session. */
export abstract class ParameterisedQuoter<Parameters extends object> implements ReloadableQuoter<Parameters> {
  readonly name: string;
  readonly #bounds: Readonly<Partial<Record<keyof Parameters, Bound>>>;
  #parameters: Readonly<Parameters>;
  #context: QuoterContext | undefined;

  /** Throws an InputError that names the parameter that is unknown or out of its bounds. */
  constructor(
    name: string,
    defaults: Readonly<Parameters>,
    given: Partial<Parameters>,
    bounds: Readonly<Partial<Record<keyof Parameters, Bound>>>,
  ) {
    this.name = name;
    this.#bounds = bounds;
    this.#parameters = checkParameters(name, defaults, given, bounds);
  }

  get parameters(): Readonly<Parameters> {
    return this.#parameters;
  }

  reload(parameters: Partial<Parameters>): void {
    this.#parameters = checkParameters(this.name, this.#parameters, parameters, this.#bounds);
  }

  reset(context: QuoterContext): void {
    this.#context = context;
  }

  abstract quote(view: QuoterView, out: Quote): void;

  /** Of the session; undefined before the first `reset`. */
  protected get context(): QuoterContext | undefined {
    return this.#context;
  }
}
