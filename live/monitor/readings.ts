import { Counter, Gauge, type Registry } from 'prom-client';

/** Takes one sample of a metric while it is scraped. A value that is not finite is not known: nothing is told. */
export type Tell = (value: number, labels?: Readonly<Record<string, string>>) => void;

/**
 * A metric that is read where the value already lives, at the moment of a scrape and at no other: what is counted pays
 * nothing for being watched.
 */
export interface Reading {
  /** With its unit, and `_total` for a counter, as Prometheus wants them. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  read(tell: Tell): void;
}

export function addGauge(registry: Registry, reading: Reading): void {
  new Gauge({
    name: reading.name,
    help: reading.help,
    labelNames: [...(reading.labels ?? [])],
    registers: [registry],
    collect() {
      this.reset();
      // A gauge without labels starts at 0, which would be a value.
      if (reading.labels === undefined) this.remove();
      reading.read((value, labels) => {
        if (Number.isFinite(value)) this.set({ ...labels }, value);
      });
    },
  });
}

export function addCounter(registry: Registry, reading: Reading): void {
  new Counter({
    name: reading.name,
    help: reading.help,
    labelNames: [...(reading.labels ?? [])],
    registers: [registry],
    collect() {
      this.reset();
      reading.read((value, labels) => {
        if (Number.isFinite(value)) this.inc({ ...labels }, value);
      });
    },
  });
}
