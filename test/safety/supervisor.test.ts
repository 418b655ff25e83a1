import assert from 'node:assert/strict';
import fc from 'fast-check';
import { emptyQuote, type Quote, type Quoter, Reason } from '../../env/quoter.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import {
  DECIDERS,
  DEFAULT_FALLBACK,
  FALLBACK_REASONS,
  type FallbackEvent,
  type FallbackReason,
} from '../../safety/fallback.ts';
import { Supervisor } from '../../safety/supervisor.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

const START = 1_700_000_000_000_000;
const SETTINGS = { ...DEFAULT_FALLBACK, staleBookMs: 2000, escalateAfterMs: 1000, recoverAfterMs: 500 };

/** A quoter that can be recognised by its spread. */
function marked(name: string, spread: number): Quoter & { broken: boolean; asked: number } {
  return {
    name,
    broken: false,
    asked: 0,
    reset: () => undefined,
    quote(_view, out) {
      this.asked++;
      Object.assign(out, emptyQuote(), { reference: 100, spread, bidQuantity: 1, askQuantity: 1 });
      if (this.broken) out.offset = Number.NaN;
    },
  };
}

class Desk {
  readonly policy = marked('policy', 10);
  readonly v15 = marked('v15', 11);
  readonly v1 = marked('v1', 12);
  readonly conditions = new ConditionTimeline();
  readonly events: FallbackEvent[] = [];
  readonly out: Quote = emptyQuote();
  readonly supervisor = new Supervisor({
    policy: this.policy,
    fallbacks: [this.v15, this.v1],
    settings: SETTINGS,
    maxAckP99Ms: 300,
    conditions: this.conditions,
    onChange: (event) => this.events.push(event),
  });

  constructor() {
    this.supervisor.reset(quoterContext());
  }

  /** A decision at `at` ms; returns who took it. */
  at(at: number, moment: Moment = {}): string {
    const time = START + 1000 * at;
    this.supervisor.quote(quoterView({ time, bookTime: time, ...moment }), this.out);
    return this.supervisor.decider;
  }

  tell(at: number, reason: FallbackReason, active: boolean): void {
    this.conditions.push({ time: START + 1000 * at, reason, active });
  }
}

/** Moments at which each reason holds that shows in the view. */
const SHOWN: Readonly<Partial<Record<FallbackReason, (time: number) => Moment>>> = {
  'stale-book': (time) => ({ bookTime: time - 2_000_001 }),
  'crossed-book': () => ({ bestBid: 101, bestAsk: 101 }),
  acknowledgement: () => ({ ackP99Ms: 301 }),
};

describe('supervisor', () => {
  it('leaves the decision to the policy, bit for bit, while all is well', () => {
    const desk = new Desk();
    for (const at of [0, 100, 200]) assert.equal(desk.at(at), 'policy');
    const { spread, reason } = desk.out;
    assert.deepEqual([spread, reason], [10, Reason.quote]);
    assert.deepEqual(desk.events, []);
    assert.deepEqual(desk.supervisor.decisionsBy, { policy: 3, v15: 0, v1: 0, none: 0 });
  });

  for (const [reason, moment] of Object.entries(SHOWN)) {
    it(`${reason}: V1.5 at once, V1-α after a second, nobody after two, and back by V1.5`, () => {
      const desk = new Desk();
      assert.equal(desk.at(0), 'policy');
      const ill = (at: number): string => desk.at(at, moment(START + 1000 * at));
      assert.equal(ill(100), 'v15');
      assert.equal(desk.out.spread, 11);
      assert.ok(desk.out.reason & Reason.fallback);
      assert.equal(ill(1099), 'v15');
      assert.equal(ill(1100), 'v1');
      assert.equal(desk.out.spread, 12);
      assert.equal(ill(2100), 'none');
      assert.deepEqual([desk.out.bidQuantity, desk.out.askQuantity], [0, 0]);
      assert.equal(ill(9000), 'none');
      assert.equal(desk.at(9100), 'v15', 'well again: V1.5 until it has lasted');
      assert.equal(desk.at(9599), 'v15');
      assert.equal(desk.at(9600), 'policy');
      assert.deepEqual(
        desk.events.map(({ time, from, to, reasons }) => [(time - START) / 1000, from, to, [...reasons]]),
        [
          [100, 'policy', 'v15', [reason]],
          [1100, 'v15', 'v1', [reason]],
          [2100, 'v1', 'none', [reason]],
          [9100, 'none', 'v15', []],
          [9600, 'v15', 'policy', []],
        ],
      );
      assert.equal(desk.supervisor.fallbacks[reason as FallbackReason], 1);
    });
  }

  it('what a live process tells holds from its time on, inclusive, until it is told to be over', () => {
    for (const reason of ['silent-stream', 'over-budget', 'round-trip'] as const) {
      const desk = new Desk();
      desk.tell(100, reason, true);
      desk.tell(250, reason, false);
      assert.deepEqual(
        [0, 100, 200, 300, 800].map((at) => desk.at(at)),
        ['policy', 'v15', 'v15', 'v15', 'policy'],
        reason,
      );
      assert.equal(desk.supervisor.fallbacks[reason], 1);
    }
  });

  it('an unknown book: nobody at once; V1.5 as soon as it is known', () => {
    const desk = new Desk();
    assert.equal(desk.at(0, { synchronised: false }), 'none');
    assert.equal(desk.at(100, { bookReady: false }), 'none');
    assert.equal(desk.at(200), 'v15');
    assert.equal(desk.at(700), 'policy');
  });

  it('a condition that returns before all has been well for long enough starts the wait anew', () => {
    const desk = new Desk();
    desk.at(0, { ackP99Ms: 400 });
    assert.equal(desk.at(400), 'v15');
    assert.equal(desk.at(800, { ackP99Ms: 400 }), 'v15');
    assert.equal(desk.at(900), 'v15');
    assert.equal(desk.at(1399), 'v15');
    assert.equal(desk.at(1400), 'policy');
    assert.equal(desk.supervisor.fallbacks.acknowledgement, 2);
  });

  it('a feature or action that is not finite: V1.5, and whoever comes next where that is broken too', () => {
    const desk = new Desk();
    desk.policy.broken = true;
    assert.equal(desk.at(0), 'v15');
    assert.ok(desk.out.reason & Reason.nonFinite);
    desk.v15.broken = true;
    assert.equal(desk.at(100), 'v1');
    desk.v1.broken = true;
    assert.equal(desk.at(200), 'none');
    assert.ok(Number.isFinite(desk.out.offset) && desk.out.bidQuantity === 0);
    desk.policy.broken = false;
    desk.v15.broken = false;
    assert.equal(desk.at(300), 'v15');
    assert.equal(desk.at(800), 'policy');
    assert.equal(desk.policy.asked, 5, 'the policy is asked at every decision, so that it stays in step');
  });

  it('an action replaced within the policy counts as not finite', () => {
    const desk = new Desk();
    const quote = desk.policy.quote;
    desk.policy.quote = function (view, out) {
      quote.call(this, view, out);
      out.reason |= Reason.nonFinite;
    };
    assert.equal(desk.at(0), 'v15');
    assert.equal(desk.supervisor.fallbacks['non-finite'], 1);
  });

  it('a reset forgets all of it', () => {
    const desk = new Desk();
    desk.tell(0, 'over-budget', true);
    assert.equal(desk.at(0), 'v15');
    desk.supervisor.reset(quoterContext());
    assert.equal(desk.supervisor.decider, 'policy');
    assert.equal(desk.supervisor.fallbacks['over-budget'], 0);
    assert.equal(desk.at(0), 'v15', 'what was told is told again');
  });

  it('whatever comes: who decides follows from when each reason held, and nothing else', () => {
    const step = fc.record({
      wait: fc.integer({ min: 1, max: 900 }),
      stale: fc.integer({ min: 0, max: 3 }).map((x) => x === 0),
      crossed: fc.integer({ min: 0, max: 4 }).map((x) => x === 0),
      slow: fc.integer({ min: 0, max: 4 }).map((x) => x === 0),
      unknown: fc.integer({ min: 0, max: 6 }).map((x) => x === 0),
      broken: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 5 }).map((x) => x === 0))),
      told: fc.option(
        fc.record({
          reason: fc.constantFrom('silent-stream' as const, 'over-budget' as const, 'round-trip' as const),
          active: fc.boolean(),
        }),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
        const desk = new Desk();
        const told = new Set<string>();
        let at = 0;
        /** Since when something has held, and since when nothing has, ms. */
        let ill = -1;
        let well = 0;
        let everIll = false;
        let before: string = 'policy';
        for (const { wait, stale, crossed, slow, unknown, broken, told: news } of steps) {
          at += wait;
          if (news !== null) {
            desk.tell(at, news.reason, news.active);
            if (news.active) told.add(news.reason);
            else told.delete(news.reason);
          }
          [desk.policy.broken, desk.v15.broken, desk.v1.broken] = broken;
          const time = START + 1000 * at;
          const decider = desk.at(at, {
            bookTime: stale ? time - 2_000_001 : time,
            ...(crossed && !unknown ? { bestBid: 102, bestAsk: 101 } : {}),
            ackP99Ms: slow ? 301 : 20,
            synchronised: !unknown,
          });
          const trouble = stale || slow || unknown || crossed || broken[0] || told.size > 0;
          if (trouble && ill < 0) ill = at;
          if (!trouble && ill >= 0) well = at;
          if (!trouble) ill = -1;
          everIll ||= trouble;
          let turn: number;
          if (unknown) turn = 3;
          else if (trouble) turn = Math.min(3, 1 + Math.floor((at - ill) / 1000));
          else turn = !everIll || at - well >= 500 ? 0 : 1;
          while (turn > 0 && turn < 3 && broken[turn]) turn++;
          assert.equal(decider, DECIDERS[turn]);
          assert.ok(Number.isFinite(desk.out.offset));
          if (decider === 'none') assert.equal(desk.out.bidQuantity + desk.out.askQuantity, 0);
          const last = desk.events.at(-1);
          if (decider !== before)
            assert.deepEqual([last?.from, last?.to, last?.time], [before, decider, time]);
          else assert.notEqual(last?.time, time, 'no event without a change');
          if (trouble) assert.notEqual(decider, 'policy');
          before = decider;
        }
        const { decisionsBy, fallbacks } = desk.supervisor;
        assert.equal(
          Object.values(decisionsBy).reduce((sum, n) => sum + n, 0),
          steps.length,
        );
        for (const reason of FALLBACK_REASONS) assert.ok(fallbacks[reason] <= steps.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('condition timeline', () => {
  it('forgets what was read, keeps what holds, and passes over reasons it does not know', () => {
    const timeline = new ConditionTimeline();
    timeline.push({ time: 0, reason: 'from the future', active: true });
    timeline.push({ time: 0, reason: 'round-trip', active: true });
    for (let i = 1; i < 5000; i++) {
      timeline.push({ time: i, reason: 'over-budget', active: i % 2 === 1 });
      const bits = timeline.activeAt(i);
      const expected =
        (1 << FALLBACK_REASONS.indexOf('round-trip')) |
        (i % 2 === 1 ? 1 << FALLBACK_REASONS.indexOf('over-budget') : 0);
      assert.equal(bits, expected);
    }
  });
});
