import { isIP } from 'node:net';

/** Whether an address to listen at is this machine's own, so that no other machine can reach it. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/**
 * By which names a server may be called. A page of a stranger can have its own name resolve to 127.0.0.1 and then read
 * what answers there as if it were its own (DNS rebinding); the browser still says the stranger's name in `Host`. So a
 * server on loopback answers to loopback's names alone, and one that other machines reach to addresses, which nobody
 * can rebind, and to the names it was given.
 */
export class HostNames {
  readonly #names: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  constructor(host: string, names: readonly string[] = []) {
    this.#anyAddress = !isLoopback(host);
    this.#names = new Set([host, 'localhost', '127.0.0.1', '::1', ...names].map(bare));
  }

  /** `header` is the `Host` of a request: a name or an address, with or without a port. */
  allow(header: string | undefined): boolean {
    const match = /^(\[[0-9a-f:.]+\]|[^:[\]\s/@]+)(:\d{1,5})?$/i.exec(header ?? '');
    if (match === null) return false;
    const name = bare(match[1]);
    return this.#names.has(name) || (this.#anyAddress && isIP(name) !== 0);
  }
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[|\]$|\.$/g, '');
}
