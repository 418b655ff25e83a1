import type { CapturedMessage, StreamKind } from './capture-source.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { FaultTally } from './fault-tally.ts';
import { type FaultPlan, FaultTimer } from './faults.ts';

/** A message on its way to the clients. */
export interface WireMessage {
  readonly kind: StreamKind;
  readonly symbol: string;
  readonly text: string;
  /** Share of the text that is sent, 1 for all of it. */
  readonly share: number;
  /** The message of the capture that it was, for whoever keeps count. */
  readonly origin: CapturedMessage;
}

interface Held {
  readonly message: WireMessage;
  /** Number of the message after which it goes out. */
  readonly until: number;
}

const BURST_MESSAGES = 200;
const LONGEST_DELAY = 50;
/** Exchange clock minus true clock under `clock-skew`, ms. */
export const CLOCK_SKEW_MS = 4321;

/** Loses, doubles, swaps, delays and damages messages between the capture and the sockets, as the plan says. */
export class FaultLine {
  /** Messages that will never arrive whole, in order. */
  readonly removed: CapturedMessage[] = [];
  readonly #struck: FaultTally;
  readonly #timers: ReadonlyMap<FaultKind, FaultTimer>;
  readonly #skewed: boolean;
  #held: Held[] = [];
  #count = 0;
  #burstUntil = -1;

  constructor(plan: FaultPlan, struck: FaultTally) {
    this.#struck = struck;
    const kinds = ['drop', 'duplicate', 'reorder', 'delay', 'burst', 'corrupt-json'] as const;
    this.#timers = new Map(kinds.map((kind) => [kind, new FaultTimer(plan, kind)]));
    this.#skewed = plan.kinds.has('clock-skew');
  }

  /** Takes the next message; returns what goes out now, in order. */
  push(message: WireMessage): readonly WireMessage[] {
    const n = ++this.#count;
    const out: WireMessage[] = [];
    const sent = this.#skewed ? { ...message, text: skew(message.text) } : message;
    if (this.#strikes('burst')) this.#burstUntil = n + BURST_MESSAGES;
    if (this.#strikes('drop')) this.removed.push(message.origin);
    else if (this.#strikes('corrupt-json')) {
      this.removed.push(message.origin);
      out.push({ ...sent, share: this.#random('corrupt-json') });
    } else if (this.#strikes('reorder')) this.#hold(sent, n + 1);
    else if (this.#strikes('delay')) this.#hold(sent, n + Math.ceil(LONGEST_DELAY * this.#random('delay')));
    else out.push(sent);
    if (this.#strikes('duplicate')) out.push(...out);
    for (const { message: due } of this.#held.filter(({ until }) => until <= n)) out.push(due);
    this.#held = this.#held.filter(({ until }) => until > n);
    if (n > this.#burstUntil) return out;
    for (const waiting of out) this.#held.push({ message: waiting, until: this.#burstUntil });
    return [];
  }

  /** What is still held back, at the end. */
  flush(): readonly WireMessage[] {
    const out = this.#held.map(({ message }) => message);
    this.#held = [];
    return out;
  }

  #hold(message: WireMessage, until: number): void {
    this.#held.push({ message, until });
  }

  #strikes(kind: FaultKind): boolean {
    if (!(this.#timers.get(kind)?.strikes() ?? false)) return false;
    this.#struck.add(kind);
    return true;
  }

  #random(kind: FaultKind): number {
    return this.#timers.get(kind)?.random.uniform() ?? 0;
  }
}

function skew(text: string): string {
  return text.replace(
    /"([ET])":(\d{13})\b/g,
    (_all, key, time) => `"${key}":${Number(time) + CLOCK_SKEW_MS}`,
  );
}
