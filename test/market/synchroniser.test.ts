import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SpotSynchroniser, UsdmSynchroniser } from '../../market/binance/synchroniser.ts';

describe('spot synchroniser', () => {
  it('buffers until a snapshot and refuses one older than the buffer (rules 1 and 2)', () => {
    const sync = new SpotSynchroniser();
    assert.equal(sync.onDiff(100, 105), 'needSnapshot');
    assert.equal(sync.onDiff(106, 108), 'needSnapshot');
    assert.equal(sync.onSnapshot(98), 'needSnapshot');
    assert.equal(sync.synchronised, false);
    assert.equal(sync.onSnapshot(106), 'apply');
    assert.equal(sync.synchronised, true);
  });

  it('drops what the snapshot has and bridges to the first update that spans it (rule 3)', () => {
    const sync = new SpotSynchroniser();
    sync.onSnapshot(106);
    assert.equal(sync.onDiff(100, 105), 'drop');
    assert.equal(sync.onDiff(104, 106), 'drop');
    assert.equal(sync.onDiff(106, 108), 'apply');
    assert.equal(sync.lastId, 108);
  });

  it('takes the update right after the snapshot as the bridge', () => {
    const sync = new SpotSynchroniser();
    sync.onSnapshot(106);
    assert.equal(sync.onDiff(107, 107), 'apply');
  });

  it('follows by U = previous u + 1; smaller is stale, larger is a gap (rule 4)', () => {
    const sync = new SpotSynchroniser();
    sync.onSnapshot(10);
    assert.equal(sync.onDiff(11, 12), 'apply');
    assert.equal(sync.onDiff(11, 12), 'drop');
    assert.equal(sync.onDiff(13, 20), 'apply');
    assert.equal(sync.onDiff(22, 23), 'gap');
    assert.deepEqual(sync.lastGap, { expected: 21, received: 22 });
    assert.equal(sync.synchronised, false);
    assert.equal(sync.onDiff(24, 25), 'needSnapshot');
    assert.equal(sync.onSnapshot(20), 'needSnapshot');
    assert.equal(sync.onSnapshot(24), 'apply');
    assert.equal(sync.onDiff(24, 25), 'apply');
  });

  it('finds a gap between a snapshot and the stream', () => {
    const sync = new SpotSynchroniser();
    sync.onSnapshot(10);
    assert.equal(sync.onDiff(12, 13), 'gap');
  });

  it('applies exactly the updates after the snapshot, wherever it falls in an unbroken stream', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (sizes, share) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const snapshot = 1000 + Math.floor(share * total);
          const sync = new SpotSynchroniser();
          sync.onSnapshot(snapshot);
          let last = 999;
          for (const size of sizes) {
            const [first, end] = [last + 1, last + size];
            assert.equal(sync.onDiff(first, end), end > snapshot ? 'apply' : 'drop');
            last = end;
          }
          assert.equal(sync.lastId, Math.max(last, snapshot));
        },
      ),
    );
  });

  it('reports every lost update', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 39 }), (count, lost) => {
        fc.pre(lost < count);
        const sync = new SpotSynchroniser();
        sync.onSnapshot(0);
        const results = Array.from({ length: count }, (_, i) => i + 1)
          .filter((id) => id !== lost)
          .map((id) => sync.onDiff(id, id));
        assert.equal(results.indexOf('gap'), lost - 1);
        assert.ok(results.slice(lost).every((result) => result === 'needSnapshot'));
      }),
    );
  });
});

describe('USD-M synchroniser', () => {
  it('bridges by the update that spans the snapshot, dropping strictly older ones', () => {
    const sync = new UsdmSynchroniser();
    sync.onSnapshot(100);
    assert.equal(sync.onDiff(80, 90, 75), 'drop');
    assert.equal(sync.onDiff(95, 100, 90), 'apply');
    assert.equal(sync.onDiff(130, 140, 100), 'apply');
  });

  it('bridges by pu = lastUpdateId, which Binance sends without saying so', () => {
    const sync = new UsdmSynchroniser();
    sync.onSnapshot(100);
    assert.equal(sync.onDiff(120, 125, 100), 'apply');
  });

  it('follows by pu, not by U, for ids of one symbol have holes', () => {
    const sync = new UsdmSynchroniser();
    sync.onSnapshot(100);
    sync.onDiff(90, 110, 80);
    assert.equal(sync.onDiff(500, 510, 110), 'apply');
    assert.equal(sync.onDiff(511, 520, 509), 'gap');
    assert.deepEqual(sync.lastGap, { expected: 510, received: 509 });
  });

  it('finds a gap between a snapshot and the stream, and one too old for the buffer', () => {
    const sync = new UsdmSynchroniser();
    sync.onSnapshot(100);
    assert.equal(sync.onDiff(120, 125, 110), 'gap');
    assert.equal(sync.onSnapshot(100), 'needSnapshot');
    assert.equal(sync.onSnapshot(110), 'apply');
    assert.equal(sync.onDiff(120, 125, 110), 'apply');
  });

  it('drops an update that comes twice', () => {
    const sync = new UsdmSynchroniser();
    sync.onSnapshot(100);
    sync.onDiff(100, 110, 90);
    assert.equal(sync.onDiff(100, 110, 90), 'drop');
    assert.equal(sync.synchronised, true);
  });
});
