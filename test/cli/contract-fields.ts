import assert from 'node:assert/strict';

/** What a field holds: a type, one of several, or the fields of an object (in a list of one: of each item). */
type Shape = string | readonly Shape[] | { readonly [field: string]: Shape };

export const NUMBER_OR_NULL = 'number|null';
const SPAN: Shape = { start: 'time', end: 'time' };
const INSTRUMENT: Shape = { venue: 'string', symbol: 'string', tickSize: 'number', stepSize: 'number' };
const COUNTS = ['fills', 'orders', 'cancels', 'volume', 'pnl', 'pnlGross', 'fees', 'sharpeIntervalSeconds'];
export const KPIS: Shape = Object.fromEntries(
  [
    'pnl pnlGross fees fills orders cancels volume pnlPerTrade pnlPerTradeBps spreadCapturedPct rmsInventory',
    'maxInventory fillRatioPct cancelRatioPct sharpe sharpeIntervalSeconds maxDrawdown hitRatioPct ackP99Ms',
    'durationSeconds',
  ]
    .join(' ')
    .split(' ')
    .map((name) => [name, COUNTS.includes(name) ? 'number' : NUMBER_OR_NULL]),
);

/** What spec of the command line promises for each command, besides `command`, `version`, `seed`. */
export const FIELDS: Readonly<Record<string, Shape>> = {
  simulate: {
    market: 'string',
    out: 'string',
    messages: 'number',
    trades: 'number',
    durationSeconds: 'number',
  },
  'fit-market': {
    out: 'string',
    instrument: INSTRUMENT,
    span: SPAN,
    events: {
      knownSeconds: 'number',
      marketOrders: 'number',
      limitOrders: 'number',
      cancels: 'number',
      emptiedQueues: 'number',
    },
    parameters: {
      theta: { value: 'number', standardError: NUMBER_OR_NULL },
      baseRate: { value: 'number', standardError: NUMBER_OR_NULL },
      branchingRatio: { value: 'number', standardError: NUMBER_OR_NULL },
    },
    goodness: {
      emptyingFactor: 'number',
      orderFactor: 'number',
      logLikelihood: 'number',
      poissonLogLikelihood: 'number',
      residualKs: 'number',
    },
  },
  import: {
    out: 'string',
    instrument: INSTRUMENT,
    rows: 'number',
    messages: 'number',
    depthUpdates: 'number',
    trades: 'number',
    snapshots: 'number',
    gaps: [{ atTime: 'time', expected: 'number', received: 'number' }],
    ignored: {},
    bookTicker: { checked: 'number', mismatches: 'number' },
    crossed: 'number',
    span: SPAN,
    rowsPerSecond: 'number',
  },
  inspect: {
    instrument: INSTRUMENT,
    rows: 'number',
    span: SPAN,
    spreadTicks: { mean: 'number', p50: 'number', p99: 'number' },
    trades: 'number',
    signals: [
      {
        name: 'string',
        horizonSeconds: 'number',
        correlation: NUMBER_OR_NULL,
        pValue: NUMBER_OR_NULL,
        hitRatio: NUMBER_OR_NULL,
        n: 'number',
      },
    ],
    ofiRegression: [{ horizonSeconds: 'number', slope: NUMBER_OR_NULL, r2: NUMBER_OR_NULL }],
  },
  backtest: {
    agent: 'string',
    kpis: KPIS,
    decisions: 'number',
    fills: 'number',
    wallSeconds: 'number',
    rowsPerSecond: 'number',
  },
  train: {
    run: 'string',
    timesteps: 'number',
    updates: 'number',
    updatesPerSecond: 'number',
    stepsPerSecond: 'number',
    engine: 'string',
    stoppedEarly: 'boolean',
    best: { timestep: 'number', score: 'number' },
  },
  evaluate: {
    candidate: { kpis: KPIS },
    baseline: { kpis: KPIS },
    difference: {},
    targets: [{ name: 'string', target: 'number', value: NUMBER_OR_NULL, met: 'boolean|null' }],
    verdict: 'string',
  },
  export: {
    out: 'string',
    files: [{ path: 'string', sha256: 'string', bytes: 'number' }],
    parity: { onnx: 'number', layers: 'number', safetensors: 'number', cases: 'number' },
  },
  shadow: {
    decisions: 'number',
    gaps: 'number',
    resyncs: 'number',
    fallbacks: 'number',
    decisionLatencyMs: { p50: NUMBER_OR_NULL, p99: NUMBER_OR_NULL, p999: NUMBER_OR_NULL },
    kpis: KPIS,
    drift: [{ feature: 'string', psi: NUMBER_OR_NULL }],
  },
  report: { out: 'string' },
  doctor: {
    engines: [
      { name: 'string', available: 'boolean', reason: 'string|null', updatesPerSecond: NUMBER_OR_NULL },
    ],
    node: 'string',
    platform: 'string',
  },
};

/** Fails where a value lacks a field of the shape or holds something else there; `path` names it in the message. */
export function checkShape(value: unknown, shape: Shape, path: string): void {
  if (typeof shape === 'string') {
    if (shape === 'time') assert.match(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, path);
    else assert.ok(shape.split('|').includes(value === null ? 'null' : typeof value), `${path} is ${value}`);
    return;
  }
  assert.ok(typeof value === 'object' && value !== null, `${path} is ${value}`);
  if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), path);
    value.forEach((item, i) => {
      checkShape(item, shape[0], `${path}[${i}]`);
    });
    return;
  }
  for (const [field, inner] of Object.entries(shape)) {
    assert.ok(Object.hasOwn(value, field), `${path}.${field} is missing`);
    checkShape((value as Record<string, unknown>)[field], inner, `${path}.${field}`);
  }
}
