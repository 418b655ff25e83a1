import { type Clock, pause } from '../clock.ts';

const MINUTE = 60_000_000;
/** Seconds waited where a refusal does not say how long. */
const DEFAULT_RETRY_SECONDS = 60;
/** Share of the documented limit that is used: others may share the address. */
const SHARE = 0.8;

/** Keeps REST requests within the documented weight a minute, and away while Binance said to stay away. */
export class WeightBudget {
  readonly #clock: Clock;
  readonly #limit: number;
  #minute = -1;
  #used = 0;
  #notBefore = 0;

  constructor(clock: Clock, weightPerMinute: number) {
    this.#clock = clock;
    this.#limit = weightPerMinute * SHARE;
  }

  /** Weight used in the running minute. */
  get used(): number {
    this.#turn();
    return this.#used;
  }

  /** Resolves when a request of this weight may be sent, having counted it. */
  async take(weight: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const wait = this.#wait(weight);
      if (wait <= 0) {
        this.#used += weight;
        return;
      }
      await pause(this.#clock, Math.ceil(wait / 1000), signal);
    }
  }

  /** The server's own count (`X-MBX-USED-WEIGHT-1M`) includes what others on this address used. */
  serverCounted(used: number): void {
    this.#turn();
    if (used > this.#used) this.#used = used;
  }

  /** 429 or 418 came: no request before `Retry-After` has passed. */
  refused(retryAfterSeconds: number | undefined): void {
    const seconds = retryAfterSeconds ?? DEFAULT_RETRY_SECONDS;
    this.#notBefore = Math.max(this.#notBefore, this.#clock.now() + seconds * 1e6);
  }

  /** µs to wait before a request of this weight. */
  #wait(weight: number): number {
    const now = this.#clock.now();
    if (now < this.#notBefore) return this.#notBefore - now;
    this.#turn();
    return this.#used > 0 && this.#used + weight > this.#limit ? (this.#minute + 1) * MINUTE - now : 0;
  }

  #turn(): void {
    const minute = Math.floor(this.#clock.now() / MINUTE);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#used = 0;
  }
}
