import { RunError } from '../../base/errors.ts';
import { type Clock, deadline } from '../clock.ts';
import { depthWeight, type VenueProfile } from './venue.ts';
import { WeightBudget } from './weight-budget.ts';

const TIMEOUT_MS = 10_000;
/** USD-M's exchangeInfo, the largest answer asked for, has some 2 MB. */
const MAX_BYTES = 32 << 20;

/** An answer with the times it was asked for and came, µs. */
export interface RestAnswer {
  readonly url: string;
  readonly bytes: Buffer;
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** Why a request failed, and whether it is worth another try. */
export class RestError extends RunError {
  readonly status: number;

  constructor(url: string, status: number, reason: string, options?: { cause?: unknown }) {
    const code =
      status === 429 ? 'rate-limited' : status === 418 ? 'banned' : status > 0 ? 'http-error' : 'no-answer';
    super({ code, message: `GET ${url} failed: ${reason}.`, field: 'rest', value: url }, options);
    this.status = status;
  }

  /** Whether asking again can help: not where the request itself is refused. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 418 || this.status >= 500;
  }
}

/**
 * Public REST endpoints of one base address. Requests keep to the documented weights; 429 and 418 hold every later one
 * back for as long as `Retry-After` says. Redirects are not followed, answers are limited in size and time.
 */
export class RestClient {
  readonly base: string;
  readonly budget: WeightBudget;
  readonly #profile: VenueProfile;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(base: string, profile: VenueProfile, clock: Clock, signal: AbortSignal) {
    this.base = base;
    this.#profile = profile;
    this.#clock = clock;
    this.#signal = signal;
    this.budget = new WeightBudget(clock, profile.weightPerMinute);
  }

  depth(symbol: string, limit: number): Promise<RestAnswer> {
    const weight = depthWeight(this.#profile, limit);
    return this.#get(`/depth?symbol=${symbol}&limit=${limit}`, weight);
  }

  /** Spot answers for the symbol, USD-M for all whatever is asked. */
  exchangeInfo(symbol: string): Promise<RestAnswer> {
    return this.#get(`/exchangeInfo?symbol=${symbol}`, this.#profile.exchangeInfoWeight);
  }

  /** Exchange time, µs, and the answer that told it. */
  async time(): Promise<{ readonly serverTime: number; readonly answer: RestAnswer }> {
    const answer = await this.#get('/time', 1);
    let serverTime: unknown;
    try {
      serverTime = (JSON.parse(answer.bytes.toString()) as { serverTime?: unknown }).serverTime;
    } catch {
      // Told below.
    }
    if (typeof serverTime !== 'number') throw new RestError(answer.url, 0, 'the answer has no serverTime');
    return { serverTime: serverTime * 1000, answer };
  }

  async #get(path: string, weight: number): Promise<RestAnswer> {
    const url = `${this.base}${this.#profile.api}${path}`;
    await this.budget.take(weight, this.#signal);
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    if (this.#signal.aborted) stop();
    this.#signal.addEventListener('abort', stop);
    const timer = deadline(this.#clock, TIMEOUT_MS, stop);
    try {
      const sentAt = this.#clock.now();
      const response = await fetch(url, { redirect: 'error', signal: abort.signal });
      const bytes = await limited(response, url);
      const receivedAt = this.#clock.now();
      this.#read(response, url, bytes);
      return { url, bytes, sentAt, receivedAt };
    } catch (error) {
      if (error instanceof RestError) throw error;
      const { message, cause } = error as Error & { cause?: Error };
      const reason = abort.signal.aborted ? 'it was not answered in time' : (cause?.message ?? message);
      throw new RestError(url, 0, reason, { cause: error });
    } finally {
      timer.cancel();
      this.#signal.removeEventListener('abort', stop);
    }
  }

  #read(response: Response, url: string, bytes: Buffer): void {
    const used = Number(response.headers.get('x-mbx-used-weight-1m'));
    if (used > 0) this.budget.serverCounted(used);
    const { status } = response;
    if (response.ok) return;
    if (status === 429 || status === 418) {
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      this.budget.refused(Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined);
    }
    throw new RestError(url, status, `status ${status} ${bytes.subarray(0, 200).toString()}`);
  }
}

async function limited(response: Response, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_BYTES) throw new RestError(url, 0, `the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}
