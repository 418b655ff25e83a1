import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { parseFees } from '../../cli/options/fees.ts';
import { parseImpact } from '../../cli/options/impact.ts';
import { parseFeedLatency, parseLatency } from '../../cli/options/latency.ts';
import { parseQueue } from '../../cli/options/queue.ts';
import { createFeeModel } from '../../env/exchange/create-fees.ts';
import { createLatencyModel } from '../../env/exchange/create-latency.ts';
import { createQueueModel } from '../../env/exchange/queue.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';

/** What is wrong is told with the option, and with what would be right. */
function refused(parse: () => unknown, field: string, told: RegExp): void {
  assert.throws(parse, (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.equal(error.field, field);
    assert.match(`${error.message} ${error.expected} ${error.hint}`, told);
    return true;
  });
}

describe('options of the exchange', () => {
  it('--latency names every model', () => {
    assert.deepEqual(parseLatency('log-normal:10ms,20ms,p99=40ms'), {
      model: 'log-normal',
      entryMs: 10,
      responseMs: 20,
      sigma: Math.log(4) / 2.3263478740408408,
    });
    assert.deepEqual(parseLatency('spikes:10ms,jitter=2ms,probability=0.01,size=200ms,duration=2s'), {
      model: 'spikes',
      entryMs: 10,
      responseMs: 10,
      jitterMs: 2,
      spikeProbability: 0.01,
      spikeMs: 200,
      spikeDurationMs: 2000,
    });
    const tape = { model: 'tape', entryMs: 0, responseMs: 0, scale: 1, file: null };
    assert.deepEqual(parseLatency('tape'), tape);
    assert.deepEqual(parseLatency('tape:scale=2,add=5ms'), { ...tape, entryMs: 5, responseMs: 5, scale: 2 });
    assert.deepEqual(parseLatency('tape:a/day.arrow,scale=0.5'), {
      ...tape,
      file: 'a/day.arrow',
      scale: 0.5,
    });
    assert.deepEqual(parseLatency('file:orders.csv,timeout=2s'), {
      ...tape,
      model: 'file',
      file: 'orders.csv',
      timeoutMs: 2000,
    });
    assert.equal(parseFeedLatency('2.5ms'), 2.5);
  });

  it('--latency refuses what cannot be, with the nearest that can', () => {
    refused(() => parseLatency('log-norma:1ms'), '--latency', /Did you mean "log-normal"/);
    refused(() => parseLatency('spikes:1ms,jiter=2ms'), '--latency', /Did you mean "jitter"/);
    refused(() => parseLatency('spikes:1ms,probability=1.5'), '--latency', /from 0 to 1/);
    refused(() => parseLatency('spikes:1ms,probability='), '--latency', /from 0 to 1/);
    refused(() => parseLatency('spikes:1ms,size=-2ms'), '--latency', /250ms/);
    refused(() => parseLatency('log-normal:10ms,p99=5ms'), '--latency', /p99 of at least the median/);
    refused(() => parseLatency('log-normal'), '--latency', /log-normal:D/);
    refused(() => parseLatency('log-normal:10ms,p99=40ms,sigma=1'), '--latency', /not both/);
    refused(() => parseLatency('spikes:1ms,jitter'), '--latency', /jitter with a value/);
    refused(() => parseLatency('tape:scale=2,scale=3'), '--latency', /scale once/);
    refused(() => parseLatency('spikes:1ms,probability=1.5'), '--latency', /like spikes:10ms/);
    refused(() => parseLatency('tape:scale=0'), '--latency', /above 0/);
    refused(() => parseLatency('file'), '--latency', /file:FILE/);
    refused(() => parseLatency('constant:1ms,2ms,3ms'), '--latency', /at most 2 values/);
    refused(() => parseFeedLatency('2m'), '--feed-latency', /60s/);
  });

  it('--fees names every model', () => {
    assert.deepEqual(parseFees('quantity:0.01,0.02'), {
      model: 'quantity',
      makerPerUnit: 0.01,
      takerPerUnit: 0.02,
    });
    const preset = { model: 'binance-spot', tier: null, bnb: false, startingVolume: 0 };
    assert.deepEqual(parseFees('binance-spot'), preset);
    assert.deepEqual(parseFees('binance-spot:vip3'), { ...preset, tier: 'vip3' });
    assert.deepEqual(parseFees('binance-spot:vip3,bnb'), { ...preset, tier: 'vip3', bnb: true });
    assert.deepEqual(parseFees('binance-usdm:volume=2e7,bnb'), {
      ...preset,
      model: 'binance-usdm',
      startingVolume: 2e7,
      bnb: true,
    });
    assert.deepEqual(parseFees('tiers:volume=5'), { model: 'tiers', startingVolume: 5 });
  });

  it('--fees refuses what cannot be, with the nearest that can', () => {
    refused(() => parseFees('binance-spto:vip1'), '--fees', /Did you mean "binance-spot"/);
    refused(() => parseFees('binance-spot:vp3'), '--fees', /Did you mean "vip3"/);
    refused(() => parseFees('binance-usdm:vip10'), '--fees', /Did you mean "vip\d"/);
    refused(() => parseFees('binance-usdm:vip1,volume=5'), '--fees', /not both/);
    refused(() => parseFees('binance-usdm:volum=5'), '--fees', /Did you mean "volume"/);
    refused(() => parseFees('binance-usdm:volume=-5'), '--fees', /from 0/);
    refused(() => parseFees('binance-usdm:bnb=false'), '--fees', /bnb without a value/);
    refused(() => parseFees('binance-usdm:vip1,bnb,bnb'), '--fees', /bnb once/);
    refused(() => parseFees('binance-usdm:vip1,bbn=1'), '--fees', /Did you mean "bnb"/);
    refused(() => parseFees('quantity:1'), '--fees', /two fees/);
  });

  it('--queue and --impact likewise', () => {
    assert.deepEqual(parseQueue('pro-rata'), { model: 'pro-rata', fifoShare: 0 });
    assert.deepEqual(parseQueue('pro-rata:0.4'), { model: 'pro-rata', fifoShare: 0.4 });
    refused(() => parseQueue('pro-rata:1'), '--queue', /up to, not including, 1/);
    refused(() => parseQueue('prorata'), '--queue', /Did you mean "pro-rata"/);
    assert.deepEqual(parseImpact('5s'), { share: 1, decayMs: 5000 });
    assert.deepEqual(parseImpact('250ms,0.5'), { share: 0.5, decayMs: 250 });
    assert.deepEqual(parseImpact('off'), { share: 0 });
    for (const text of ['5s,0', '5s,1.2', '5s,', '0s', '5s,1,1']) {
      refused(() => parseImpact(text), '--impact', /5s,0.5/);
    }
  });

  it('what the examples of the help name can be made', () => {
    for (const text of [
      'log-normal:10ms,p99=40ms',
      'spikes:10ms,jitter=2ms,probability=0.01,size=200ms',
      'tape',
    ]) {
      createLatencyModel({ ...DEFAULT_LANE.latency, ...parseLatency(text) });
    }
    for (const text of ['quantity:0.1,0.2', 'binance-spot:vip3,bnb', 'binance-usdm:volume=2e7']) {
      createFeeModel({ ...DEFAULT_LANE.fees, ...parseFees(text) });
    }
    for (const text of ['power:3', 'log', 'log2', 'risk-averse', 'pro-rata']) {
      createQueueModel({ ...DEFAULT_LANE.queue, ...parseQueue(text) });
    }
  });
});
