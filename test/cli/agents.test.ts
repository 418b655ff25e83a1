import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { exportPolicy } from '../../checkpoints/export.ts';
import { type PolicyDescription, savePolicy } from '../../checkpoints/policy.ts';
import { checkPolicyFits, resolveAgent } from '../../cli/agents.ts';
import { DEFAULT_CONFIG, resolveConfig } from '../../cli/config.ts';
import { emptyQuote } from '../../env/quoter.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { randomPolicy } from '../support/policy.ts';
import { INSTRUMENT, quoterContext, quoterView } from '../support/quoter-view.ts';

const QUOTER = `{ name: 'mine', reset() {}, quote(view, out) {
  out.reference = view.market.book.mid; out.offset = 0; out.spread = 2; out.bid = 99; out.ask = 101;
  out.bidQuantity = 1; out.askQuantity = 1; out.refreshBid = 1; out.refreshAsk = 1; out.reason = 0; } }`;

describe('agents by name', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function module(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it('are baselines with the configured parameters, each quoter its own', async () => {
    const config = resolveConfig({ agents: { v1: { gamma: 0.5 } } });
    const { name, createQuoter, manifest } = await resolveAgent('v1', config);
    const quoter = createQuoter();
    assert.ok(quoter instanceof AvellanedaStoikov);
    assert.equal(quoter.parameters.gamma, 0.5);
    assert.notEqual(createQuoter(), quoter);
    assert.deepEqual([name, manifest], ['v1', undefined]);
    for (const other of ['v15', 'fixed']) {
      assert.equal((await resolveAgent(other, config)).createQuoter().name, other);
    }
  });

  it('are named with the nearest when unknown', async () => {
    await assert.rejects(resolveAgent('v14', DEFAULT_CONFIG), { code: 'unknown-agent', value: 'v14' });
    await assert.rejects(resolveAgent('fixd', DEFAULT_CONFIG), { hint: 'Did you mean "fixed"?' });
    await assert.rejects(resolveAgent(join(folder, 'runs', 'x'), DEFAULT_CONFIG), { code: 'file-not-found' });
    await assert.rejects(resolveAgent(module('a.json', '{}'), DEFAULT_CONFIG), { code: 'not-an-agent' });
    await assert.rejects(resolveAgent(folder, DEFAULT_CONFIG), { code: 'no-policy' });
  });

  it('are policies of a run or an export, quoting alike within the safety layer', async () => {
    const { description, weights } = randomPolicy([16]);
    savePolicy(join(folder, 'policy'), description, weights);
    await exportPolicy({ source: join(folder, 'policy'), out: join(folder, 'export') });
    const quotes = [];
    for (const path of ['policy', 'export']) {
      const agent = await resolveAgent(join(folder, path), DEFAULT_CONFIG);
      assert.equal(agent.name, path);
      assert.equal(agent.manifest?.instrument.symbol, 'BTCUSDT');
      const quoter = agent.createQuoter();
      assert.ok(quoter instanceof SafetyLayer);
      quoter.reset(quoterContext());
      const out = emptyQuote();
      quoter.quote(quoterView(), out);
      assert.ok(Math.abs(out.offset) <= 3 && out.ask - out.bid >= 2);
      quotes.push(out);
    }
    assert.deepEqual(quotes[1], quotes[0]);
  });

  it('refuse a policy of another observation or an unknown anchor', async () => {
    const { description, weights } = randomPolicy([16]);
    const save = (changes: Partial<PolicyDescription>) =>
      savePolicy(join(folder, 'policy'), { ...description, ...changes }, weights);
    const names = description.observation.names.with(2, 'moon_phase');
    save({ observation: { ...description.observation, names } });
    await assert.rejects(resolveAgent(join(folder, 'policy'), DEFAULT_CONFIG), {
      code: 'other-observation',
      value: 'moon_phase',
    });
    save({ anchor: { name: 'v16', parameters: {} } });
    await assert.rejects(resolveAgent(join(folder, 'policy'), DEFAULT_CONFIG), {
      hint: 'Did you mean "v15"?',
    });
    save({ anchor: { name: 'v15', parameters: { gamma: -1 } } });
    await assert.rejects(resolveAgent(join(folder, 'policy'), DEFAULT_CONFIG), {
      field: 'agents.v15.gamma',
    });
  });

  it('refuse a policy on another instrument, naming both', () => {
    const manifest = { instrument: INSTRUMENT };
    checkPolicyFits(manifest, { ...INSTRUMENT });
    assert.throws(() => checkPolicyFits(manifest, { ...INSTRUMENT, symbol: 'NEXOUSDT' }), {
      code: 'other-instrument',
      field: 'instrument.symbol',
      message: /BTCUSDT at binance-spot .* NEXOUSDT at binance-spot/,
    });
    assert.throws(() => checkPolicyFits(manifest, { ...INSTRUMENT, tickSize: 0.1 }), {
      field: 'instrument.tickSize',
    });
  });

  it('are modules: a function, a class, or one quoter, in TypeScript or JavaScript', async () => {
    const sources: Readonly<Record<string, string>> = {
      'factory.ts': `export default (config: { seed: number }): unknown => (${QUOTER});`,
      'factory.mjs': `export default (config) => (${QUOTER});`,
      'class.js': `module.exports = class { name = 'mine'; constructor(config) { this.seed = config.seed; }
        reset() {} quote() {} };`,
      'single.mjs': `export default ${QUOTER};`,
    };
    for (const [file, source] of Object.entries(sources)) {
      const agent = await resolveAgent(module(file, source), DEFAULT_CONFIG);
      assert.equal(agent.name, file.split('.')[0]);
      const quoter = agent.createQuoter();
      assert.equal(quoter.name, 'mine');
      if (file.startsWith('single')) {
        assert.throws(() => agent.createQuoter(), { code: 'not-a-quoter', message: /several lanes/ });
      } else assert.notEqual(agent.createQuoter(), quoter);
    }
  });

  it('are told as the fault of their module when they throw', async () => {
    const failing = `export default () => ({ name: 'x', reset() { throw 'no reset'; }, quote() { null.x; } });`;
    const agent = await resolveAgent(module('failing.mjs', failing), DEFAULT_CONFIG);
    const quoter = agent.createQuoter();
    assert.throws(() => quoter.reset(quoterContext()), {
      code: 'agent-failed',
      message: /reset\(\): no reset/,
    });
    assert.throws(() => quoter.quote(quoterView(), emptyQuote()), {
      code: 'agent-failed',
      message: /failing\.mjs failed in quote\(\): Cannot read/,
    });
  });

  it('say what is wrong with a module', async () => {
    const wrong: Readonly<Record<string, readonly [string, RegExp]>> = {
      'nothing.mjs': ['export const quoter = 1;', /gives nothing/],
      'number.mjs': ['export default 7;', /gives a number/],
      'half.mjs': ["export default { name: 'x' };", /without reset\(\) and quote\(\)/],
      'throws.mjs': ["export default () => { throw new Error('no luck'); };", /no luck/],
      'async.mjs': ['export default async () => ({});', /a Promise/],
    };
    for (const [file, [source, message]] of Object.entries(wrong)) {
      await assert.rejects(resolveAgent(module(file, source), DEFAULT_CONFIG), {
        code: 'not-a-quoter',
        message,
      });
    }
    await assert.rejects(resolveAgent(module('broken.ts', 'export default {'), DEFAULT_CONFIG), {
      code: 'broken-module',
      // The compiler's finding, not its heading alone.
      message: /broken\.ts:1/,
    });
    await assert.rejects(resolveAgent(join(folder, 'none.ts'), DEFAULT_CONFIG), { code: 'file-not-found' });
  });
});
