/** Kernels a direction excites itself and the other by: a fast one for bursts, a slow one for what goes on. */
export const HAWKES_KERNELS = 2;

/**
 * Market orders of two directions that excite each other alike: after an order the intensity of its own direction is
 * higher by Σ_k same_k·decay_k·e^(−decay_k·t), that of the other by Σ_k cross_k·decay_k·e^(−decay_k·t).
 */
export interface HawkesParameters {
  /** Orders per second and direction that nothing brought about. */
  readonly base: number;
  /** Orders in its own direction that an order brings about, by kernel, and in the other. */
  readonly same: readonly number[];
  readonly cross: readonly number[];
  /** Decay of each kernel per second. */
  readonly decay: readonly number[];
}

/** Orders of one recording: times in seconds, never decreasing; 0 or 1 for the direction; and a factor on `base`. */
export interface OrderFlow {
  readonly times: Float64Array;
  readonly directions: Uint8Array;
  readonly factors: Float64Array;
  /** Observed seconds, from 0. The factors have the mean 1 over them. */
  readonly seconds: number;
}

export interface HawkesFit {
  readonly parameters: HawkesParameters;
  readonly standardErrors: HawkesParameters;
  /** Orders that an order brings about at once; below 1, or the flow would explode. */
  readonly branchingRatio: number;
  readonly branchingRatioError: number;
  readonly logLikelihood: number;
  /** Of a Poisson flow with the same factors. */
  readonly poissonLogLikelihood: number;
  /** Kolmogorov–Smirnov distance of the time-rescaled waiting times from the unit exponential (Papangelou). */
  readonly residualKs: number;
}

/** Faster than this the clock of the exchange (a millisecond) cannot tell. */
const FASTEST = 500;

/** Intensities and compensators along a flow, told order by order. */
function walk(
  flow: OrderFlow,
  { base, same, cross, decay }: HawkesParameters,
  told: (index: number, intensity: number, own: number) => void,
): number {
  const { times, directions, factors, seconds } = flow;
  // Excitement of either direction by kernel.
  let [f0, f1, s0, s1] = [0, 0, 0, 0];
  let last = 0;
  let sum = 2 * base * seconds;
  const brought = [same[0] + cross[0], same[1] + cross[1]];
  for (let i = 0; i < times.length; i++) {
    const wait = times[i] - last;
    last = times[i];
    const fast = Math.exp(-decay[0] * wait);
    const slow = Math.exp(-decay[1] * wait);
    f0 *= fast;
    f1 *= fast;
    s0 *= slow;
    s1 *= slow;
    const own = base * factors[i];
    if (directions[i] === 0) {
      told(i, own + f0 + s0, own);
      f0 += same[0] * decay[0];
      f1 += cross[0] * decay[0];
      s0 += same[1] * decay[1];
      s1 += cross[1] * decay[1];
    } else {
      told(i, own + f1 + s1, own);
      f1 += same[0] * decay[0];
      f0 += cross[0] * decay[0];
      s1 += same[1] * decay[1];
      s0 += cross[1] * decay[1];
    }
    const left = seconds - times[i];
    sum += brought[0] * -Math.expm1(-decay[0] * left) + brought[1] * -Math.expm1(-decay[1] * left);
  }
  return sum;
}

/** Log-likelihood of a flow (Ogata 1978; exponential kernels make it a recursion). */
export function hawkesLogLikelihood(flow: OrderFlow, parameters: HawkesParameters): number {
  let logs = 0;
  const compensator = walk(flow, parameters, (_i, intensity) => {
    logs += Math.log(intensity);
  });
  return logs - compensator;
}

/** Probability of each order that nothing brought it about (Zhuang, Ogata and Vere-Jones 2002). */
export function backgroundShares(flow: OrderFlow, parameters: HawkesParameters): Float64Array {
  const shares = new Float64Array(flow.times.length);
  walk(flow, parameters, (i, intensity, own) => {
    shares[i] = own / intensity;
  });
  return shares;
}

/** Fits by maximum likelihood; standard errors from the observed information. Deterministic. */
export function fitHawkes(flow: OrderFlow, from?: HawkesParameters): HawkesFit {
  const { seconds, times, factors } = flow;
  const rate = times.length / 2 / seconds;
  const start = from ?? { base: rate / 3, same: [0.25, 0.25], cross: [0.05, 0.05], decay: [20, 0.5] };
  const objective = (theta: readonly number[]) => {
    const parameters = unpack(theta);
    const { decay } = parameters;
    // Beyond what the clock can tell, slower than the recording is long, kernels the wrong way round, an explosion.
    const out =
      decay[0] > FASTEST ||
      decay[1] * seconds < 3 ||
      decay[1] > decay[0] / 2 ||
      branching(parameters) >= 0.995;
    if (out) return Number.POSITIVE_INFINITY;
    return -hawkesLogLikelihood(flow, parameters);
  };
  let best = minimise(objective, pack(start), 0.5);
  best = minimise(objective, best.at, 0.2);
  const parameters = unpack(best.at);
  const covariance = inverse(hessian(objective, best.at));
  const deviation = best.at.map((_, i) => Math.sqrt(Math.max(0, covariance?.[i][i] ?? Number.NaN)));
  const values = best.at.map(Math.exp);
  const gradient = values.map((value, i) => (i === 0 || i > 4 ? 0 : value));
  let variance = Number.NaN;
  if (covariance !== undefined) {
    variance = 0;
    for (const [i, row] of covariance.entries())
      for (const [j, c] of row.entries()) variance += gradient[i] * gradient[j] * c;
  }
  return {
    parameters,
    standardErrors: ordered(values.map((value, i) => value * deviation[i])),
    branchingRatio: branching(parameters),
    branchingRatioError: Math.sqrt(Math.max(0, variance)),
    logLikelihood: -best.value,
    poissonLogLikelihood: factors.reduce((sum, f) => sum + Math.log(rate * f), 0) - 2 * rate * seconds,
    residualKs: residualKs(flow, parameters),
  };
}

export function branching({ same, cross }: Pick<HawkesParameters, 'same' | 'cross'>): number {
  return [...same, ...cross].reduce((sum, n) => sum + n, 0);
}

function pack({ base, same, cross, decay }: HawkesParameters): number[] {
  return [base, ...same, ...cross, ...decay].map((x) => Math.log(Math.max(x, 1e-6)));
}

function unpack(theta: readonly number[]): HawkesParameters {
  return ordered(theta.map(Math.exp));
}

function ordered(x: readonly number[]): HawkesParameters {
  return { base: x[0], same: x.slice(1, 3), cross: x.slice(3, 5), decay: x.slice(5, 7) };
}

/** Compensator between the orders of one direction: exponential with mean 1 where the model holds. */
function residualKs(flow: OrderFlow, parameters: HawkesParameters): number {
  const { times, directions } = flow;
  const { base, same, cross, decay } = parameters;
  const excited = [0, 0, 0, 0];
  const since = [0, 0];
  const waits: number[] = [];
  let last = 0;
  for (let i = 0; i < times.length; i++) {
    const wait = times[i] - last;
    last = times[i];
    for (let direction = 0; direction < 2; direction++) {
      since[direction] += base * wait;
      for (let k = 0; k < HAWKES_KERNELS; k++) {
        const at = direction * HAWKES_KERNELS + k;
        const kept = Math.exp(-decay[k] * wait);
        since[direction] += (excited[at] * (1 - kept)) / decay[k];
        excited[at] *= kept;
      }
    }
    const own = directions[i];
    waits.push(since[own]);
    since[own] = 0;
    for (let k = 0; k < HAWKES_KERNELS; k++) {
      excited[own * HAWKES_KERNELS + k] += same[k] * decay[k];
      excited[(1 - own) * HAWKES_KERNELS + k] += cross[k] * decay[k];
    }
  }
  waits.sort((a, b) => a - b);
  return waits.reduce((worst, x, i) => {
    const expected = -Math.expm1(-x);
    return Math.max(
      worst,
      Math.abs(expected - i / waits.length),
      Math.abs(expected - (i + 1) / waits.length),
    );
  }, 0);
}

/** Nelder and Mead's simplex (1965) with its usual coefficients. */
function minimise(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  size: number,
): { at: number[]; value: number } {
  const n = start.length;
  const points = [[...start], ...start.map((_, i) => start.map((x, j) => (i === j ? x + size : x)))].map(
    (at) => ({ at, value: f(at) }),
  );
  const along = (centre: readonly number[], worst: readonly number[], step: number) => {
    const at = centre.map((c, i) => c + step * (worst[i] - c));
    return { at, value: f(at) };
  };
  for (let iteration = 0; iteration < 400 * n; iteration++) {
    points.sort((a, b) => a.value - b.value);
    if (points[n].value - points[0].value < 1e-7 * (1 + Math.abs(points[0].value))) break;
    const centre = start.map((_, i) => points.slice(0, n).reduce((sum, { at }) => sum + at[i], 0) / n);
    const worst = points[n];
    const reflected = along(centre, worst.at, -1);
    if (reflected.value < points[0].value) {
      const expanded = along(centre, worst.at, -2);
      points[n] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < points[n - 1].value) points[n] = reflected;
    else {
      const contracted = along(centre, worst.at, reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(worst.value, reflected.value)) points[n] = contracted;
      else for (let i = 1; i <= n; i++) points[i] = along(points[0].at, points[i].at, 0.5);
    }
  }
  points.sort((a, b) => a.value - b.value);
  return points[0];
}

function hessian(f: (x: readonly number[]) => number, at: readonly number[]): number[][] {
  const h = 1e-3;
  const value = (i: number, a: number, j: number, b: number) => {
    const x = [...at];
    x[i] += a;
    x[j] += b;
    return f(x);
  };
  const centre = f(at);
  return at.map((_, i) =>
    at.map((_, j) =>
      i === j
        ? (value(i, h, j, 0) - 2 * centre + value(i, -h, j, 0)) / (h * h)
        : (value(i, h, j, h) - value(i, h, j, -h) - value(i, -h, j, h) + value(i, -h, j, -h)) / (4 * h * h),
    ),
  );
}

/** Gauss–Jordan; undefined where the matrix cannot be inverted. */
function inverse(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  if (rows.some((row) => !row.every(Number.isFinite))) return undefined;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++)
      if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    if (Math.abs(rows[pivot][column]) < 1e-9) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const head = rows[column][column];
    rows[column] = rows[column].map((x) => x / head);
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i][column];
      rows[i] = rows[i].map((x, j) => x - factor * rows[column][j]);
    }
  }
  return rows.map((row) => row.slice(n));
}
