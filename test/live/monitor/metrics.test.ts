import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import type { QuoterView } from '../../../env/quoter.ts';
import { DEFAULT_HEALTH } from '../../../live/monitor/health.ts';
import { LATENCY_BOUNDS_MICROSECONDS, LatencyHistogram } from '../../../live/monitor/latency-histogram.ts';
import { ShadowMonitor } from '../../../live/monitor/shadow-monitor.ts';
import { DECIDERS, FALLBACK_REASONS } from '../../../live/shadow/status.ts';
import { ManualClock } from '../../support/accelerated-clock.ts';
import { type Family, parsePrometheusText } from '../../support/prometheus-text.ts';
import { FakeStatus } from './fake-status.ts';

describe('metrics of a shadow session', () => {
  let clock: ManualClock;
  let monitor: ShadowMonitor;
  let status: FakeStatus;
  beforeEach(async () => {
    clock = new ManualClock();
    monitor = await ShadowMonitor.start({
      listen: { port: 0 },
      info: { command: 'shadow', version: '1.2.3', policy: 'p "quoted" \\ back\nline' },
      // The event loop of a busy machine is not judged here.
      health: { ...DEFAULT_HEALTH, eventLoopLagSeconds: 1e9 },
      clock,
    });
    status = new FakeStatus();
  });
  afterEach(() => monitor.close());

  async function scrape(): Promise<Map<string, Family>> {
    const response = await fetch(`${monitor.url}metrics`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    return parsePrometheusText(await response.text());
  }

  /** The one sample of a metric that has these labels; undefined where there is none. */
  function value(families: Map<string, Family>, name: string, labels: Record<string, string> = {}) {
    const family = families.get(name) ?? assert.fail(`no metric ${name}`);
    const found = family.samples.filter((sample) =>
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
    assert.ok(found.length <= 1, `${name} has ${found.length} samples`);
    return found[0]?.value;
  }

  it('before the session begins there are the process and nothing else', async () => {
    const families = await scrape();
    assert.ok(families.has('process_cpu_seconds_total') && families.has('nodejs_eventloop_lag_seconds'));
    assert.deepEqual(
      [...families.keys()].filter((name) => name.startsWith('makergym_')),
      [],
    );
    assert.equal((await fetch(`${monitor.url}healthz`)).status, 503);
  });

  it('what is scraped is what the status says at that moment', async () => {
    monitor.watch(status);
    for (let i = 0; i < 50; i++) {
      const fill = status.advance();
      if (fill !== undefined) monitor.onFill(fill);
      monitor.onDecision(status, 42);
    }
    status.fallbacks['stale-book'] = 3;
    status.interventions.offset = 7;
    status.counters.gaps = 2;
    status.waiting = 9;
    status.clock.add(0, 5_000, 2_000);
    const families = await scrape();
    const expected: readonly (readonly [string, number, Record<string, string>?])[] = [
      ['makergym_feed_messages_total', 250],
      ['makergym_feed_gaps_total', 2],
      ['makergym_feed_waiting_messages', 9],
      ['makergym_clock_offset_seconds', 0.004],
      ['makergym_exchange_round_trip_seconds', 0.002],
      ['makergym_book_lag_seconds', 0.004],
      ['makergym_book_synchronised', 1, { symbol: 'BTCUSDT' }],
      ['makergym_best_price', (status.book.bestBid * 100) / 10_000, { side: 'bid' }],
      ['makergym_quote_price', (status.quote.ask * 100) / 10_000, { side: 'ask' }],
      ['makergym_quote_size_lots', 1, { side: 'bid' }],
      ['makergym_inventory_lots', status.inventory],
      ['makergym_pnl_quote', status.equity],
      ['makergym_orders_total', 100],
      ['makergym_order_cancels_total', 100],
      ['makergym_decisions_total', 50, { decider: 'policy' }],
      ['makergym_decider', 0, { decider: 'v15' }],
      ['makergym_fallbacks_total', 3, { reason: 'stale-book' }],
      ['makergym_interventions_total', 7, { rule: 'offset' }],
      ['makergym_drift_psi', 0.41, { feature: 'sigma' }],
      ['makergym_drift_alarmed', 1, { feature: 'sigma' }],
      ['makergym_acknowledge_p99_seconds', 0.0125],
      ['makergym_healthy', 1],
    ];
    for (const [name, wanted, labels] of expected) assert.equal(value(families, name, labels), wanted, name);
    const fills = families.get('makergym_fills_total')?.samples ?? [];
    assert.equal(
      fills.reduce((sum, sample) => sum + sample.value, 0),
      status.fills,
    );
    assert.ok(status.fills > 0);
    const latency = families.get('makergym_decision_latency_seconds')?.samples ?? [];
    assert.equal(latency.find(({ name }) => name.endsWith('_count'))?.value, 50);
    assert.ok(Math.abs((latency.find(({ name }) => name.endsWith('_sum'))?.value ?? 0) - 50 * 42e-6) < 1e-12);
    const again = await scrape();
    assert.equal(
      value(again, 'makergym_feed_messages_total'),
      250,
      'a counter does not grow by being scraped',
    );
  });

  it('what is not known is absent, not zero', async () => {
    monitor.watch(status);
    status.synchronised = false;
    status.quote.bidQuantity = 0;
    const families = await scrape();
    for (const name of ['clock_offset_seconds', 'book_lag_seconds', 'mid_price', 'best_price'])
      assert.deepEqual(families.get(`makergym_${name}`)?.samples, [], name);
    assert.equal(value(families, 'makergym_quote_price', { side: 'bid' }), undefined);
    assert.equal(value(families, 'makergym_drift_psi', { feature: 'inventory' }), undefined);
    assert.equal(value(families, 'makergym_book_synchronised'), 0);
  });

  it('the view of a lane that begins later is followed', async () => {
    let view: QuoterView = { ...status.view, inventory: 0 };
    const session = Object.create(status, { view: { get: () => view } }) as FakeStatus;
    monitor.watch(session);
    view = { ...status.view, inventory: 5 };
    assert.equal(value(await scrape(), 'makergym_inventory_lots'), 5);
  });

  it('every decider, reason and rule is there from the start, so that rates are right from the first', async () => {
    monitor.watch(status);
    const families = await scrape();
    const labels = (name: string, label: string): string[] =>
      (families.get(name)?.samples ?? []).map((sample) => sample.labels[label]);
    assert.deepEqual(labels('makergym_decisions_total', 'decider'), [...DECIDERS]);
    assert.deepEqual(labels('makergym_fallbacks_total', 'reason'), [...FALLBACK_REASONS]);
    assert.deepEqual(labels('makergym_interventions_total', 'rule'), Object.keys(status.interventions));
  });

  it('names and labels follow the conventions of Prometheus', async () => {
    monitor.watch(status);
    monitor.onAlarm('clock-offset', 'far');
    const families = await scrape();
    for (const { name, type, help, samples } of families.values()) {
      if (!name.startsWith('makergym_')) continue;
      assert.match(name, /^makergym_[a-z0-9]+(_[a-z0-9]+)*$/);
      assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
      assert.doesNotMatch(
        name,
        /_(ms|us|milliseconds|microseconds|count|sum|bucket)$/,
        'base units, no reserved suffix',
      );
      assert.match(help, /\.$/, name);
      for (const { labels } of samples) {
        assert.equal(labels.symbol, 'BTCUSDT', name);
        assert.equal(labels.venue, 'binance-spot', name);
      }
    }
    assert.equal(value(families, 'makergym_session_info', { policy: 'p "quoted" \\ back\nline' }), 1);
    assert.equal(value(families, 'makergym_alarms_total', { name: 'clock-offset' }), 1);
  });

  it('healthz says 503 with the reason once the book is lost for too long', async () => {
    monitor.watch(status);
    assert.equal((await fetch(`${monitor.url}healthz`)).status, 200);
    status.synchronised = false;
    clock.advance(11_000);
    const response = await fetch(`${monitor.url}healthz`);
    assert.equal(response.status, 503);
    const { status: verdict, reasons } = (await response.json()) as { status: string; reasons: string[] };
    assert.equal(verdict, 'failing');
    assert.match(reasons.join(), /BTCUSDT has been unknown for 11\.0 s/);
    assert.equal(value(await scrape(), 'makergym_healthy'), 0);
  });
});

describe('histogram of decision latencies', () => {
  const bounds = LATENCY_BOUNDS_MICROSECONDS;
  const duration = fc.oneof(fc.double({ min: 0, max: 2e6, noNaN: true }), fc.constantFrom(...bounds, 0));

  it("counts as prom-client's own histogram does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(duration, { maxLength: 60 }), async (durations) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const histogram = new LatencyHistogram();
        histogram.register(ours, 'x_seconds', 'x');
        const buckets = bounds.map((bound) => bound / 1e6);
        const reference = new Histogram({ name: 'x_seconds', help: 'x', buckets, registers: [theirs] });
        for (const each of durations) {
          histogram.observe(each);
          reference.observe(each / 1e6);
        }
        const counts = async (registry: Registry): Promise<string[]> =>
          (await registry.metrics()).split('\n').filter((line) => /_bucket|_count/.test(line));
        assert.deepEqual(await counts(ours), await counts(theirs));
      }),
      { numRuns: 50 },
    );
  });

  it('a quantile lies in the bucket of the observation of that rank', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (all, share) => {
          const histogram = new LatencyHistogram();
          for (const each of all) histogram.observe(each);
          const sorted = [...all].sort((a, b) => a - b);
          const exact = sorted[Math.ceil(share * all.length - 1e-9) - 1];
          const upper = bounds.find((bound) => bound >= exact) ?? bounds[bounds.length - 1];
          const lower = [0, ...bounds].filter((bound) => bound < upper).at(-1) ?? 0;
          const quantile = histogram.quantile(share);
          const above = exact > bounds[bounds.length - 1];
          assert.ok(
            above ? quantile === upper : quantile >= lower && quantile <= upper,
            `${quantile} for ${exact}`,
          );
        },
      ),
    );
    assert.ok(Number.isNaN(new LatencyHistogram().quantile(0.5)));
  });

  it('what is no duration is not counted', () => {
    const histogram = new LatencyHistogram();
    for (const each of [Number.NaN, -1, Number.POSITIVE_INFINITY]) histogram.observe(each);
    assert.equal(histogram.count, 0);
    assert.equal(histogram.sum, 0);
  });
});
