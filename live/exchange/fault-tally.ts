import type { FaultKind } from './fault-kinds.ts';

/** Faults that struck, by kind. */
export class FaultTally {
  readonly #counts = new Map<FaultKind, number>();

  add(kind: FaultKind): void {
    this.#counts.set(kind, this.of(kind) + 1);
  }

  of(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Such as `drop 3, cut 1`; `none` where none struck. */
  toString(): string {
    return [...this.#counts].map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none';
  }
}
