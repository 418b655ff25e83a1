import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeObject } from '../../market/binance/decode-object.ts';
import { Decoder } from '../../market/binance/decoder.ts';
import { Message, MessageKind } from '../../market/binance/message.ts';

const decoder = new Decoder();

function decode(text: string): Message {
  const message = new Message();
  const bytes = Buffer.from(`<<${text}>>`);
  assert.equal(decoder.decode(bytes, 2, bytes.length - 2, message), 'message', decoder.reason);
  return message;
}

function malformed(text: string): string {
  const bytes = Buffer.from(text);
  assert.equal(decoder.decode(bytes, 0, bytes.length, new Message()), 'malformed');
  return decoder.reason;
}

const levels = (message: Message, side: 'bids' | 'asks'): [number, number][] =>
  Array.from({ length: message[side].count }, (_, i) => [
    message[side].prices[i],
    message[side].quantities[i],
  ]);

describe('decoder', () => {
  it('reads a spot depth update in a combined-stream envelope', () => {
    const message = decode(
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161601273,"s":"BTCUSDT","U":50093421585,' +
        '"u":50093421612,"b":[["61685.99000000","1.25869000"],["24426.99000000","0.00000000"]],"a":[]}}',
    );
    assert.equal(message.kind, MessageKind.depth);
    assert.equal(message.symbol, 'BTCUSDT');
    assert.deepEqual([message.firstId, message.lastId, message.previousId], [50093421585, 50093421612, -1]);
    assert.equal(message.exchangeTime, 1723161601273000);
    assert.deepEqual(levels(message, 'bids'), [
      [61685.99, 1.25869],
      [24426.99, 0],
    ]);
    assert.deepEqual(levels(message, 'asks'), []);
  });

  it('reads USD-M depth with pu and the transaction time', () => {
    const message = decode(
      '{"e":"depthUpdate","E":1721347201585,"T":1721347201533,"s":"BTCUSDT","U":4984034747463,"u":4984034747464,' +
        '"pu":4984033952967,"b":[],"a":[["64020.40","0.000"]]}',
    );
    assert.equal(message.previousId, 4984033952967);
    assert.equal(message.exchangeTime, 1721347201533000);
  });

  it('reads trades, their aggressor and what is off the book', () => {
    const trade = decode(
      '{"e":"trade","E":1721347022956,"T":1721347022955,"s":"BTCUSDT","t":5182005737,"p":"63943.90","q":"0.003",' +
        '"X":"INSURANCE_FUND","m":true}',
    );
    assert.equal(trade.kind, MessageKind.trade);
    assert.deepEqual([trade.price, trade.quantity, trade.tradeId], [63943.9, 0.003, 5182005737]);
    assert.equal(trade.buyerIsMaker, true);
    assert.equal(trade.execution, 'INSURANCE_FUND');
    const aggregate = decode(
      '{"e":"aggTrade","E":1,"a":26129,"s":"BTCUSDT","p":"0.01633102","q":"4.70443515","f":27781,"l":27781,' +
        '"T":1498793709153,"m":false,"M":true}',
    );
    assert.equal(aggregate.kind, MessageKind.aggTrade);
    assert.equal(aggregate.tradeId, 26129);
    assert.equal(aggregate.buyerIsMaker, false);
  });

  it('reads bookTicker with and without an event type', () => {
    for (const head of ['', '"e":"bookTicker",']) {
      const message = decode(
        `{${head}"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}`,
      );
      assert.equal(message.kind, MessageKind.bookTicker);
      assert.deepEqual(
        [message.lastId, message.bidPrice, message.bidQuantity, message.askPrice, message.askQuantity],
        [400900217, 25.3519, 31.21, 25.3652, 40.66],
      );
    }
  });

  it('reads snapshots of both venues, spaced or not, and through the WebSocket API', () => {
    const texts = [
      '{"lastUpdateId": 134180599, "bids": [["1.214", "63.38"]], "asks": []}',
      '{"lastUpdateId":134180599,"E":1721347022759,"T":1721347022750,"bids":[["1.214","63.38"]],"asks":[]}',
      '{"id":"x","status":200,"result":{"lastUpdateId":134180599,"bids":[["1.214","63.38"]],"asks":[]}}',
    ];
    for (const text of texts) {
      const message = decode(text);
      assert.equal(message.kind, MessageKind.snapshot);
      assert.equal(message.lastId, 134180599);
      assert.deepEqual(levels(message, 'bids'), [[1.214, 63.38]]);
    }
  });

  it('tells what it does not use by its name', () => {
    assert.equal(decode('{"e":"kline","E":1,"s":"X","k":{"t":1,"b":[1,{"a":"]"}]}}').type, 'kline');
    assert.equal(decode('{"result":null,"id":1}').type, 'response');
    assert.equal(decode('{"code":-1121,"msg":"Invalid symbol."}').type, 'error');
    assert.equal(
      decode('{"stream":"x@depth20@100ms","data":{"lastUpdateId":1,"bids":[["1","1"]],"asks":[]}}').type,
      'partialDepth',
    );
    assert.equal(decode('[{"e":"24hrTicker"}]').type, 'array');
  });

  it('gives decimals exactly as the language reads them', () => {
    const message = new Message();
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 19n }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 8 }),
        (digits, decimals, padding) => {
          const text = digits.toString().padStart(decimals + 1, '0');
          const whole = text.slice(0, text.length - decimals);
          const fraction = text.slice(text.length - decimals) + '0'.repeat(padding);
          const number = fraction === '' ? whole : `${whole}.${fraction}`;
          const bytes = Buffer.from(`{"e":"trade","s":"X","p":"${number}","q":"1","m":true}`);
          assert.equal(decoder.decode(bytes, 0, bytes.length, message), 'message');
          assert.equal(message.price, Number(number));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on messages with fields in any order, spaces and escapes', () => {
    const decimal = fc.integer({ min: 0, max: 1e9 }).map((units) => (units / 1e4).toFixed(8));
    const level = fc.tuple(decimal, decimal).map(([price, quantity]) => [price, quantity]);
    const fields = fc.record({
      e: fc.constantFrom('depthUpdate', 'trade', 'aggTrade', 'bookTicker', 'kline'),
      E: fc.integer({ min: 1e12, max: 2e12 }),
      s: fc.constantFrom('BTCUSDT', 'ethusdt', '1000SHIB'),
      U: fc.nat(),
      u: fc.nat(),
      pu: fc.nat(),
      b: fc.oneof(fc.array(level, { maxLength: 4 }), decimal),
      a: fc.oneof(fc.array(level, { maxLength: 4 }), decimal, fc.nat()),
      B: decimal,
      A: decimal,
      p: decimal,
      q: decimal,
      t: fc.nat(),
      m: fc.boolean(),
      extra: fc.jsonValue(),
    });
    const entry = fc.tuple(fields, fc.boolean(), fc.integer({ min: 0, max: 2 }), fc.nat());
    fc.assert(
      fc.property(entry, ([payload, enveloped, indent, rotate]) => {
        const pairs = Object.entries(payload);
        const turned = Object.fromEntries([
          ...pairs.slice(rotate % pairs.length),
          ...pairs.slice(0, rotate % pairs.length),
        ]);
        const whole = enveloped ? { stream: 'x@depth', data: turned } : turned;
        const text = JSON.stringify(whole, undefined, indent).replaceAll('\n', ' ');
        const expected = new Message();
        const sound = decodeObject(JSON.parse(text), expected);
        const actual = new Message();
        const bytes = Buffer.from(text);
        const result = decoder.decode(bytes, 0, bytes.length, actual);
        assert.equal(result, sound ? 'message' : 'malformed');
        if (sound) assert.deepEqual(summary(actual), summary(expected));
      }),
      { numRuns: 500 },
    );
  });

  it('reads messages written like those before as it reads the first, whole or with a byte changed', () => {
    const places = fc.integer({ min: 0, max: 8 });
    const digits = fc.bigInt({ min: 0n, max: 10n ** 17n });
    const decimal = fc.tuple(digits, fc.nat(17), places).map(([number, cut, decimals]) => {
      const text = String(number)
        .slice(cut)
        .padStart(decimals + 1, '0');
      return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
    });
    const id = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const list = fc
      .array(fc.tuple(decimal, decimal), { maxLength: 3 })
      .map((levels) => JSON.stringify(levels));
    const text = fc.oneof(
      fc
        .tuple(id, id, decimal, decimal, decimal)
        .map(
          ([u, T, price, small, large]) =>
            `{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":${u},"s":"BTCUSDT","b":"${price}",` +
            `"B":"${small}","a":"${price}","A":"${large}","T":${T},"E":${T}}}`,
        ),
      fc
        .tuple(id, id, list, list)
        .map(
          ([u, E, bids, asks]) =>
            `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":${E},"s":"BTCUSDT","U":${u},"u":${u},` +
            `"pu":${u},"b":${bids},"a":${asks}}}`,
        ),
      fc
        .tuple(id, decimal, decimal, fc.boolean())
        .map(
          ([t, price, quantity, maker]) =>
            `{"e":"trade","E":${t},"s":"ETHUSDT","t":${t},"p":"${price}","q":"${quantity}","X":"MARKET","m":${maker}}`,
        ),
    );
    const change = fc.option(fc.tuple(fc.nat(400), fc.constantFrom(...'019.,"[]{}:tfbae \\')), { freq: 3 });
    const outcome = (decoder: Decoder, line: string): unknown => {
      const bytes = Buffer.from(line);
      const message = new Message();
      return decoder.decode(bytes, 0, bytes.length, message) === 'message' ? summary(message) : 'malformed';
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(text, change), { minLength: 2, maxLength: 24 }), (lines) => {
        const following = new Decoder();
        for (const [whole, changed] of lines) {
          const at = changed === null ? 0 : changed[0] % whole.length;
          const line = changed === null ? whole : whole.slice(0, at) + changed[1] + whole.slice(at + 1);
          assert.deepEqual(outcome(following, line), outcome(new Decoder(), line), line);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('says what is wrong with a malformed line', () => {
    assert.match(malformed('{"e":"trade","p":"1.5'), /not JSON/);
    assert.match(malformed('{"e":"trade"} x'), /not JSON/);
    assert.match(malformed(''), /not JSON/);
    assert.match(malformed('{"e":"depthUpdate","U":1,"u":2,"b":[]}'), /lacks a field/);
    assert.match(malformed('{"e":"trade","p":"NaN","q":"1","m":true}'), /lacks a field/);
    assert.match(malformed('{"e":"depthUpdate","U":1,"u":2,"b":[["1","-1"]],"a":[]}'), /lacks a field/);
  });
});

/** The fields that mean something for the message's kind. */
function summary(message: Message): unknown {
  const { kind, symbol, type, eventTime } = message;
  const common = { kind, symbol, type, eventTime };
  if (kind === MessageKind.depth) {
    const { firstId, lastId, previousId } = message;
    return {
      ...common,
      firstId,
      lastId,
      previousId,
      bids: levels(message, 'bids'),
      asks: levels(message, 'asks'),
    };
  }
  if (kind === MessageKind.trade || kind === MessageKind.aggTrade) {
    const { price, quantity, buyerIsMaker, execution } = message;
    return { ...common, price, quantity, buyerIsMaker, execution };
  }
  if (kind === MessageKind.bookTicker) {
    const { lastId, bidPrice, bidQuantity, askPrice, askQuantity } = message;
    return { ...common, lastId, bidPrice, bidQuantity, askPrice, askQuantity };
  }
  return common;
}
