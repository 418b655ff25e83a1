import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { AtomicFile } from '../../base/files.ts';
import { stream } from '../../base/random.ts';
import { RingBuffer, RowKind } from '../../replay/ring-buffer.ts';

function batch(size: number, observationSize = 1, actionSize = 1) {
  return {
    observations: new Float32Array(size * observationSize),
    actions: new Float32Array(size * actionSize),
    rewards: new Float32Array(size),
    nextObservations: new Float32Array(size * observationSize),
    terminated: new Float32Array(size),
  };
}

/** Streams whose observation counts up within an episode, in steps of 1000 between episodes. */
function walk(buffer: RingBuffer, episodes: readonly (readonly number[])[], steps: number) {
  const { streams } = buffer;
  const at = episodes.map((_, i) => ({ episode: 0, step: 0, base: 1e6 * i }));
  const observation = () => Float32Array.from(at, (s) => s.base + s.episode * 1000 + s.step);
  buffer.begin(observation());
  for (let t = 0; t < steps; t++) {
    const actions = observation().map((o) => -o);
    const rewards = observation();
    const kinds = at.map((s, i) => {
      const length = episodes[i][s.episode % episodes[i].length];
      if (s.step === length) {
        s.episode++;
        s.step = 0;
        return RowKind.final;
      }
      s.step++;
      return s.step === length && s.episode % 2 === 0 ? RowKind.terminal : RowKind.transition;
    });
    buffer.append(actions, rewards, kinds, observation());
  }
  assert.equal(at.length, streams);
}

describe('the replay buffer', () => {
  it('needs at most 600 MB for a million transitions of 64 features', () => {
    const bytes = RingBuffer.bytes({ capacity: 1_000_000, observationSize: 64, actionSize: 3 });
    assert.ok(bytes <= 600e6, `${bytes} bytes`);
    assert.equal(bytes, 64 + 1_000_001 * (64 * 4 + 3 * 4 + 4 + 1));
  });

  it('takes memory as it is filled, not at its capacity', () => {
    const before = process.memoryUsage().rss;
    const buffer = new RingBuffer({ capacity: 4_000_000, observationSize: 64, actionSize: 3 });
    buffer.begin(new Float32Array(64));
    buffer.append(new Float32Array(3), [0], [0], new Float32Array(64));
    assert.ok(process.memoryUsage().rss - before < 200e6);
  });

  it('never joins two episodes, forgets the oldest, and marks only terminations, in any number of streams', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.integer({ min: 4, max: 40 }),
        fc.integer({ min: 1, max: 120 }),
        (episodes, capacity, steps) => {
          const streams = episodes.length;
          const buffer = new RingBuffer({ capacity, observationSize: 1, actionSize: 1, streams });
          walk(buffer, episodes, steps);
          assert.ok(buffer.size <= buffer.capacity && buffer.capacity < capacity + streams);
          if (buffer.size === 0) return;
          const drawn = batch(300);
          buffer.sample(300, stream(1, 'replay/sample'), drawn);
          for (let i = 0; i < 300; i++) {
            const observation = drawn.observations[i];
            const id = Math.floor(observation / 1e6);
            const episode = Math.floor((observation % 1e6) / 1000);
            const step = observation % 1000;
            const length = episodes[id][episode % episodes[id].length];
            assert.ok(step < length, 'a final observation is no transition');
            assert.equal(drawn.nextObservations[i], observation + 1);
            assert.equal(drawn.actions[i], -observation);
            assert.equal(drawn.rewards[i], observation);
            assert.equal(drawn.terminated[i], step + 1 === length && episode % 2 === 0 ? 1 : 0);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('holds exactly its capacity, the newest transition included', () => {
    const buffer = new RingBuffer({ capacity: 10, observationSize: 1, actionSize: 1 });
    walk(buffer, [[1000]], 25);
    const drawn = batch(2000);
    buffer.sample(2000, stream(3, 'replay/sample'), drawn);
    assert.deepEqual(
      [...new Set(drawn.observations)].sort((a, b) => a - b),
      [15, 16, 17, 18, 19, 20, 21, 22, 23, 24],
    );
  });

  it('copies observations of any size, wherever they are to go', () => {
    for (const size of [1, 2, 3, 6]) {
      const buffer = new RingBuffer({ capacity: 30, observationSize: size, actionSize: 1 });
      const observation = (step: number) => Float32Array.from({ length: size }, (_, i) => step + i / 10);
      buffer.begin(observation(0));
      for (let step = 1; step <= 40; step++) buffer.append(Float32Array.of(0), [0], [0], observation(step));
      for (const shift of [0, 1, 2]) {
        const drawn = batch(20);
        const [observations, nextObservations] = [0, shift].map((offset) =>
          new Float32Array(20 * size + offset).subarray(offset),
        );
        buffer.sample(20, stream(shift, 'x'), { ...drawn, observations, nextObservations });
        for (let i = 0; i < 20; i++) {
          const [now, next] = [observations, nextObservations].map((rows) =>
            rows.slice(i * size, (i + 1) * size),
          );
          assert.deepEqual(now, observation(now[0]));
          assert.deepEqual(next, observation(now[0] + 1));
        }
      }
    }
  });

  it('draws every transition equally often', () => {
    const buffer = new RingBuffer({ capacity: 7, observationSize: 1, actionSize: 1 });
    walk(buffer, [[1000]], 7);
    const n = 70_000;
    const drawn = batch(n);
    buffer.sample(n, stream(5, 'replay/sample'), drawn);
    const counts = new Float64Array(7);
    for (const observation of drawn.observations) counts[observation]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
    assert.ok(chiSquare < 22.46, `χ² with 6 degrees of freedom beyond its 99.9 % point: ${chiSquare}`);
  });

  it('has nothing to sample before the first step', () => {
    const buffer = new RingBuffer({ capacity: 4, observationSize: 1, actionSize: 1 });
    buffer.begin(Float32Array.of(1));
    assert.throws(() => buffer.sample(1, stream(1, 'x'), batch(1)), /no transition to sample yet/);
  });

  it('refuses sizes that mean nothing', () => {
    assert.throws(
      () => new RingBuffer({ capacity: Number.NaN, observationSize: 1, actionSize: 1 }),
      /capacity NaN/,
    );
    assert.throws(
      () => new RingBuffer({ capacity: 1, observationSize: 0, actionSize: 1 }),
      /observationSize 0/,
    );
  });

  describe('on disk', () => {
    let folder: string;
    const save = (buffer: RingBuffer, name: string) => {
      const file = new AtomicFile(join(folder, name));
      buffer.save(file);
      file.commit();
      return join(folder, name);
    };
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'makergym-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('comes back bit for bit, full or not: same samples, and the same after more steps', () => {
      for (const steps of [0, 5, 40]) {
        const buffer = new RingBuffer({ capacity: 12, observationSize: 1, actionSize: 1, streams: 2 });
        walk(buffer, [[3], [4]], steps);
        const path = save(buffer, `replay-${steps}`);
        const back = RingBuffer.load(path);
        assert.deepEqual([back.size, back.length, back.capacity], [buffer.size, buffer.length, 12]);
        for (const each of [buffer, back]) {
          each.append(Float32Array.of(1, 2), [0.1, 0.2], [0, 1], Float32Array.of(7, 8));
        }
        const [a, b] = [batch(64), batch(64)];
        buffer.sample(64, stream(9, 'x'), a);
        back.sample(64, stream(9, 'x'), b);
        assert.deepEqual(a, b);
        assert.deepEqual(readFileSync(save(back, 'again')), readFileSync(save(buffer, 'same')));
      }
    });

    it('is refused when foreign, of another version, or not of the size it says', () => {
      const buffer = new RingBuffer({ capacity: 12, observationSize: 1, actionSize: 1 });
      walk(buffer, [[3]], 6);
      const path = save(buffer, 'replay');
      const bytes = readFileSync(path);
      const altered = (change: (copy: Buffer) => Uint8Array) => {
        writeFileSync(path, change(Buffer.from(bytes)));
        return () => RingBuffer.load(path);
      };
      assert.throws(
        altered((copy) => copy.fill(0x50, 0, 4)),
        /0x50505050.*MGRB/,
      );
      assert.throws(
        altered((copy) => copy.fill(9, 4, 5)),
        /version 9/,
      );
      assert.throws(
        altered((copy) => copy.subarray(0, copy.length - 1)),
        /bytes as its header says/,
      );
      assert.throws(
        altered((copy) => copy.subarray(0, 10)),
        /MGRB/,
      );
      assert.throws(
        altered((copy) => copy.fill(0xff, 28, 32)),
        /contradicts itself/,
      );
      assert.throws(() => RingBuffer.load(join(folder, 'none')), /No such file/);
    });
  });
});
