import type { Clock, Timer } from '../clock.ts';

/** Sends control messages no faster than the socket accepts them; those over the rate wait their turn. */
export class ControlBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #send: (text: string) => void;
  readonly #waiting: string[] = [];
  /** When messages were sent within the last second, µs. */
  #sent: number[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, perSecond: number, send: (text: string) => void) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#send = send;
  }

  /** A message that cannot wait, such as a pong, was sent. */
  count(): void {
    this.#forget();
    this.#sent.push(this.#clock.now());
  }

  send(text: string): void {
    this.#waiting.push(text);
    this.#flush();
  }

  close(): void {
    this.#timer?.cancel();
    this.#waiting.length = 0;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#forget();
    while (this.#waiting.length > 0 && this.#sent.length < this.#perSecond) {
      this.count();
      this.#send(this.#waiting.shift() ?? '');
    }
    if (this.#waiting.length > 0)
      this.#timer = this.#clock.after(1000 / this.#perSecond, () => this.#flush());
  }

  #forget(): void {
    const since = this.#clock.now() - 1e6;
    this.#sent = this.#sent.filter((time) => time > since);
  }
}
