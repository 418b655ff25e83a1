import { InputError, unknownName } from '../../base/errors.ts';
import { type Generator, stream } from '../../base/random.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts';

/** Other names people give them. */
const ALIASES: Readonly<Record<string, FaultKind>> = {
  '429': 'rate-limit',
  '418': 'ban',
  corrupt: 'corrupt-json',
  skew: 'clock-skew',
};

/** Messages between two faults of a kind, on average. */
const SPACING: Readonly<Record<string, number>> = {
  drop: 700,
  duplicate: 150,
  reorder: 500,
  delay: 300,
  burst: 1500,
  'corrupt-json': 900,
  cut: 4000,
  'half-open': 6000,
  silence: 3000,
};

/** Which faults a session has; each kind has a random stream of its own, so that one does not move another. */
export interface FaultPlan {
  readonly kinds: ReadonlySet<FaultKind>;
  readonly seed: string;
  /** Factor on the spacing of each kind, so that random plans differ in how hard they are. */
  readonly spacing: number;
}

export const NO_FAULTS: FaultPlan = { kinds: new Set(), seed: '', spacing: 1 };

/**
 * Reads `none`, kinds with commas, or `random:SEED`, which draws some of the kinds and how often they strike. Throws an
 * InputError that names the nearest kind.
 */
export function parseFaults(text: string, seed: number): FaultPlan {
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  if (words.length === 1 && words[0] === 'none') return NO_FAULTS;
  if (words.length === 1 && words[0].startsWith('random:'))
    return randomPlan(words[0].slice('random:'.length));
  const kinds = words.map((word) => {
    const kind = ALIASES[word] ?? word;
    if (!(FAULT_KINDS as readonly string[]).includes(kind)) {
      throw unknownName('fault', word, [...FAULT_KINDS, 'none', 'random:SEED']);
    }
    return kind as FaultKind;
  });
  return { kinds: new Set(kinds), seed: String(seed), spacing: 1 };
}

function randomPlan(seed: string): FaultPlan {
  if (seed === '') {
    throw new InputError({
      code: 'bad-faults',
      message: '`random:` needs a seed.',
      field: 'faults',
      value: 'random:',
      expected: 'random:SEED',
      hint: 'For example random:7.',
    });
  }
  const random = stream(seed, 'faults/plan');
  const kinds = FAULT_KINDS.filter(() => random.uniform() < 0.5);
  const spacing = 0.5 + 1.5 * random.uniform();
  return { kinds: new Set(kinds.length > 0 ? kinds : FAULT_KINDS), seed, spacing };
}

/** Decides when a kind of fault strikes: at exponential distances, counted in messages. */
export class FaultTimer {
  readonly random: Generator;
  readonly #rate: number;
  #left: number;

  constructor(plan: FaultPlan, kind: FaultKind) {
    this.random = stream(plan.seed, `faults/${kind}`);
    this.#rate = plan.kinds.has(kind) ? 1 / ((SPACING[kind] ?? 1) * plan.spacing) : 0;
    this.#left = this.#draw();
  }

  /** Counts a message; true where the fault strikes at it. */
  strikes(): boolean {
    if (this.#rate === 0 || --this.#left > 0) return false;
    this.#left = this.#draw();
    return true;
  }

  #draw(): number {
    return this.#rate === 0 ? Number.POSITIVE_INFINITY : Math.ceil(this.random.exponential(this.#rate));
  }
}

/** Requests in a row that one kind of fault may spoil, so that every plan can be survived. */
const MOST_IN_A_ROW = 3;

/** REST faults strike at the first request and at about every third one after. */
export class RequestFault {
  readonly #random: Generator;
  readonly #on: boolean;
  #requests = 0;
  #inRow = 0;

  constructor(plan: FaultPlan, kind: FaultKind) {
    this.#random = stream(plan.seed, `faults/${kind}`);
    this.#on = plan.kinds.has(kind);
  }

  strikes(): boolean {
    if (!this.#on) return false;
    const wanted = this.#requests++ === 0 || this.#random.uniform() < 0.3;
    this.#inRow = wanted && this.#inRow < MOST_IN_A_ROW ? this.#inRow + 1 : 0;
    return this.#inRow > 0;
  }
}
