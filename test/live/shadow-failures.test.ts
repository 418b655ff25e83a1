import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError, RunError } from '../../base/errors.ts';
import { DECISIONS, verifyShadow } from '../../live/shadow/verify.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { randomAgent } from '../support/export.ts';
import { LateClock, playShadow, SPEED_UP, sessionFile } from './shadow-support.ts';
import { Stage } from './stage.ts';
import { played, until } from './support.ts';

const HOUR = 3600_000_000;

describe('what goes wrong ends a shadow session; what was recorded stays', () => {
  const stage = new Stage(8);
  let sessions = 0;

  const out = (): string => stage.at(`session${++sessions}`);

  /** What a replay gives of a session that left no files of decisions. */
  async function recreated(directory: string) {
    const verdict = await verifyShadow({
      directory,
      session: sessionFile({ venue: 'binance-spot', symbol: 'SIMUSDT' }, null),
      createQuoter: (conditions) => randomAgent({ conditions }).quoter,
      checkInstrument: () => undefined,
      sharpeIntervalSeconds: 10,
    });
    assert.ok(verdict.equal && verdict.recreated && verdict.decisions > 0);
    assert.ok(readFileSync(join(directory, DECISIONS)).length > 0);
  }

  it('a disk that is full where decisions go', async () => {
    const directory = out();
    let decisions = 0;
    // Where the machine stands still for a moment, many decisions are due before a message has come.
    let allSent = false;
    let failedAt = 0;
    const full = new RunError({ code: 'disk-full', message: 'no space' });
    const session = playShadow({
      captures: [stage.capture],
      out: directory,
      shadow: {
        laneListeners: () => [
          {
            onDecision: () => {
              if (++decisions < 40 || !allSent) return;
              failedAt = decisions;
              throw full;
            },
          },
        ],
      },
      during: async (exchange) => {
        await played(exchange);
        allSent = true;
        await until('the failure', () => false, 20);
      },
    });
    await assert.rejects(session, { code: 'disk-full' });
    assert.ok(failedAt >= 40);
    assert.equal(decisions, failedAt, 'no decision is taken after the one that failed');
    await recreated(directory);
  });

  it('a disk that is full where the very last decisions go', async () => {
    const directory = out();
    const full = new RunError({ code: 'disk-full', message: 'no space' });
    let received = 0;
    const session = playShadow({
      captures: [stage.capture],
      out: directory,
      shadow: {
        // Nothing is on the disk before the end.
        syncSeconds: 3600,
        laneListeners: () => [
          {
            onEnd: () => {
              throw full;
            },
          },
        ],
      },
      during: async (exchange, status) => {
        await played(exchange);
        await until('decisions', () => (status()?.decisions ?? 0) > 40 && status()?.waiting === 0, 40);
        received = status()?.counters.messages ?? 0;
      },
    });
    await assert.rejects(session, { code: 'disk-full' });
    const captures = join(directory, 'captures');
    const lines = readdirSync(captures).flatMap((name) =>
      gunzipSync(readFileSync(join(captures, name)))
        .toString()
        .trimEnd()
        .split('\n'),
    );
    assert.ok(lines.length > received && received > 0, `${lines.length} lines of ${received} messages`);
    await recreated(directory);
  });

  it('a disk that is gone where the recording goes', async () => {
    const directory = out();
    const clock = new LateClock(1_767_225_600_000_000 + HOUR - 30_000_000);
    const session = playShadow({
      captures: [stage.capture],
      out: directory,
      clock,
      exchange: { clock: new AcceleratedClock(SPEED_UP) },
      during: async (_exchange, status) => {
        await until('decisions', () => (status()?.decisions ?? 0) > 20);
        rmSync(join(directory, 'captures'), { recursive: true });
        await until('the end', () => false, 20);
      },
    });
    await assert.rejects(session, { code: 'cannot-write' });
  });

  it('an instrument that the policy does not fit leaves nothing behind', async () => {
    const directory = out();
    const misfit = new InputError({ code: 'other-instrument', message: 'other ticks' });
    const session = playShadow({
      captures: [stage.capture],
      out: directory,
      shadow: {
        checkInstrument: () => {
          throw misfit;
        },
      },
    });
    await assert.rejects(session, { code: 'other-instrument' });
    assert.throws(() => readFileSync(join(directory, 'captures')), { code: 'ENOENT' });
  });

  it('another recording in the folder is not added to', async () => {
    const directory = out();
    await playShadow({ captures: [stage.capture], out: directory });
    await assert.rejects(playShadow({ captures: [stage.capture], out: directory }), { code: 'out-exists' });
  });
});
