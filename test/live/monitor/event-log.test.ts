import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { InputError } from '../../../base/errors.ts';
import { EventLog } from '../../../live/monitor/event-log.ts';
import { redact, redactText } from '../../../live/monitor/redact.ts';
import { TestFolder } from '../../support/capture.ts';

describe('log of events', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  const linesOf = (path: string): Record<string, unknown>[] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is one JSON object a line, with time, level, event and what runs; all of it is there after close', async () => {
    const path = folder.at('events.log');
    const log = EventLog.open({ to: path, context: { command: 'shadow', symbol: 'BTCUSDT' } });
    for (let i = 0; i < 1000; i++) log.write('warn', 'gap', { expected: i, received: Number.NaN });
    log.write('debug', 'fill', {});
    await log.close();
    const lines = linesOf(path);
    assert.equal(lines.length, 1000);
    assert.deepEqual(
      lines.map(({ expected }) => expected),
      Array.from({ length: 1000 }, (_, i) => i),
    );
    const { time, ...rest } = lines[7];
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(rest, {
      level: 'warn',
      command: 'shadow',
      symbol: 'BTCUSDT',
      event: 'gap',
      expected: 7,
      received: null,
    });
  });

  it('adds to a log that is there', async () => {
    const path = folder.at('twice.log');
    for (const event of ['first', 'second']) {
      const log = EventLog.open({ to: path, context: {} });
      log.write('info', event);
      await log.close();
    }
    assert.deepEqual(
      linesOf(path).map(({ event }) => event),
      ['first', 'second'],
    );
  });

  it('holds what its level asks for', async () => {
    const path = folder.at('level.log');
    const log = EventLog.open({ to: path, level: 'debug', context: {} });
    log.write('debug', 'fill');
    await log.close();
    assert.equal(linesOf(path).length, 1);
  });

  it('a log that cannot be opened is told, naming the option', () => {
    assert.throws(
      () => EventLog.open({ to: folder.at('no/such/folder/x.log'), context: {} }),
      (error: unknown) =>
        error instanceof InputError && error.field === 'log' && error.code === 'cannot-write',
    );
  });

  it('a disk that is full costs lines, not the session', async function () {
    if (!existsSync('/dev/full')) {
      console.log('      no /dev/full here: this test needs a device that is always full');
      this.skip();
    }
    const log = EventLog.open({ to: '/dev/full', context: {} });
    for (let i = 0; i < 100; i++) log.write('warn', 'gap', { text: 'x'.repeat(100) });
    await log.close();
    assert.ok(log.broken);
  });
});

describe('what a log does not hold', () => {
  it('names, passwords and queries of addresses', () => {
    assert.equal(
      redactText('lost wss://user:hunter2@example.com:9443/stream?listenKey=abc&x=1 (closed)'),
      'lost wss://[redacted]@example.com:9443/stream?[redacted] (closed)',
    );
    assert.equal(redactText('https://api.binance.com/api/v3/depth'), 'https://api.binance.com/api/v3/depth');
    assert.equal(redactText('http://h/x#token=1'), 'http://h/x#[redacted]');
  });

  it('values of names that look secret, in text and in fields at any depth', () => {
    assert.equal(
      redactText('apiKey=abc, signature: def; price=5'),
      'apiKey=[redacted], signature: [redacted]; price=5',
    );
    assert.equal(redactText('Authorization: Bearer abc.def'), 'Authorization: [redacted]');
    assert.deepEqual(
      redact({ a: [{ apiSecret: 'x', 'X-MBX-APIKEY': 'y', listen_key: 'z', price: 5 }], token: 7 }),
      {
        a: [{ apiSecret: '[redacted]', 'X-MBX-APIKEY': '[redacted]', listen_key: '[redacted]', price: 5 }],
        token: '[redacted]',
      },
    );
    assert.deepEqual(redact(new Error('at ws://a:b@h/')), {
      name: 'Error',
      message: 'at ws://[redacted]@h/',
    });
  });

  it('whatever stands for user, password and query of an address', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_%~!$*()=.-]{8,20}$/);
    fc.assert(
      fc.property(word, word, word, (user, password, value) => {
        const text = redactText(`failed: wss://${user}:${password}@host.example/ws?k=${value}#f, again`);
        for (const secret of [user, password, value]) assert.ok(!text.includes(secret), text);
      }),
    );
  });
});
