import assert from 'node:assert/strict';
import type { SacState } from '../../../agents/sac/engine.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { PolicyQuoter } from '../../../agents/sac/policy-quoter.ts';
import { InputError } from '../../../base/errors.ts';
import { MidQuoter } from '../../../env/market-making/mid-quoter.ts';
import { OBSERVATION_NAMES, OBSERVATION_SIZE } from '../../../env/market-making/observation.ts';
import { emptyQuote, Reason } from '../../../env/quoter.ts';
import { quoterContext, quoterView } from '../../support/quoter-view.ts';
import { sacOptions } from '../../support/sac-options.ts';

const description = {
  observation: {
    names: OBSERVATION_NAMES,
    normaliser: {
      mean: new Array<number>(OBSERVATION_SIZE).fill(0),
      variance: new Array<number>(OBSERVATION_SIZE).fill(1),
      epsilon: 1e-4,
      clip: 10,
    },
  },
  action: { centreShiftTicks: 5, logSpreadRange: 1, allowedShiftTicks: 5 },
};

/** A policy that always takes one action: a head without weights but these biases. */
function constantPolicy(bias: readonly number[]): SacState {
  const state = initialState(sacOptions({ observationSize: OBSERVATION_SIZE, actionSize: 3, hidden: [4] }));
  return {
    ...state,
    'actor/1/kernel': { shape: [4, 6], data: new Float32Array(24) },
    'actor/1/bias': { shape: [6], data: Float32Array.from([...bias, 0, 0, 0]) },
  };
}

function quoteOf(bias: readonly number[], allowedShiftTicks = 5) {
  const action = { ...description.action, allowedShiftTicks };
  const quoter = new PolicyQuoter(constantPolicy(bias), { ...description, action }, new MidQuoter());
  quoter.reset(quoterContext());
  const out = emptyQuote();
  quoter.quote(quoterView(), out);
  return out;
}

function anchorQuote() {
  const anchor = new MidQuoter();
  anchor.reset(quoterContext());
  const out = emptyQuote();
  anchor.quote(quoterView(), out);
  return out;
}

describe('PolicyQuoter', () => {
  it("quotes the anchor's own quote for action 0", () => {
    const anchored = anchorQuote();
    const ours = quoteOf([0, 0, 0]);
    assert.equal(ours.bid, anchored.bid);
    assert.equal(ours.ask, anchored.ask);
    assert.equal(ours.bidQuantity, anchored.bidQuantity);
  });

  it('shifts the centre by tanh(mean) of the full scale, within the curriculum', () => {
    assert.ok(Math.abs(quoteOf([Math.atanh(0.4), 0, 0]).offset - 2) < 1e-5);
    assert.equal(quoteOf([100, 0, 0]).offset, 5);
    assert.equal(quoteOf([100, 0, 0], 2).offset, 2);
  });

  it('widens the spread by e^Δs', () => {
    assert.ok(
      Math.abs(quoteOf([0, Math.atanh(0.5), 0]).spread / anchorQuote().spread - Math.exp(0.5)) < 1e-5,
    );
  });

  it("quotes the anchor's quote when the policy's output is not finite, and says so", () => {
    const ours = quoteOf([Number.NaN, 0, 0]);
    assert.equal(ours.bid, anchorQuote().bid);
    assert.equal(ours.ask, anchorQuote().ask);
    assert.notEqual(ours.reason & Reason.nonFinite, 0);
  });

  it('refuses a policy made for other features, naming the first', () => {
    const names = OBSERVATION_NAMES.with(3, 'moonPhase');
    const observation = { ...description.observation, names };
    assert.throws(
      () => new PolicyQuoter(constantPolicy([0, 0, 0]), { ...description, observation }, new MidQuoter()),
      (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, /moonPhase as feature 3/);
        return true;
      },
    );
  });
});
