import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { CommandContext } from '../../cli/command.ts';
import { DEFAULT_CONFIG } from '../../cli/config.ts';
import { run } from '../../cli/run/report.ts';
import { writeSession } from '../../evaluation/session-files.ts';
import { fakeSession } from '../evaluation/fake-session.ts';

const CONTEXT: CommandContext = {
  given: new Set<string>(),
  config: DEFAULT_CONFIG,
  seed: 0,
  signal: new AbortController().signal,
  progress: () => ({ update: () => undefined, done: () => undefined }),
  log: () => undefined,
  print: () => undefined,
};

describe('makergym report', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const report = (args: Record<string, string>) => run(args, CONTEXT);

  it('of a run that has barely begun says what is missing and how to get it', async () => {
    const record = {
      format: 'makergym-run',
      version: 1,
      command: ['makergym train --tape "a&b.arrow"'],
      versions: { node: 'v20' },
      revision: 'abc',
      seed: 3,
      totalTimesteps: 1000,
      engine: 'cpu',
      training: {},
    };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ seed: 3, sac: { hidden: [8, 8] } }));
    writeFileSync(join(folder, 'progress.csv'), 'time/total_timesteps\n');
    const { out, missing } = await report({ RUN: folder });
    assert.equal(out, join(folder, 'report.html'));
    assert.equal((missing as string[]).length, 3);
    const page = readFileSync(String(out), 'utf8');
    assert.match(page, /makergym evaluate .* --baseline v15 --tape TAPE/);
    assert.match(page, /makergym train --tape &quot;a&amp;b\.arrow&quot;/);
    assert.match(page, /sac\.hidden<\/td><td>8, 8/);
  });

  it('of a backtest shows its agent and names the command that compares it', async () => {
    const { session } = fakeSession([{ name: 'v15', role: 'candidate', edge: 0.001 }], 300);
    const directory = join(folder, 'backtest');
    writeSession(directory, session);
    const out = join(folder, 'page.html');
    await report({ backtest: directory, out });
    const page = readFileSync(out, 'utf8');
    assert.match(page, /v15 on AAAUSDT/);
    assert.match(page, /makergym evaluate AGENT --baseline v15 --tape day-two\.arrow/);
    assert.doesNotMatch(page, /Verdict against/);
  });

  it('says what is wrong with what it was given', async () => {
    await assert.rejects(report({}), { code: 'missing-option' });
    await assert.rejects(report({ RUN: folder, backtest: folder }), InputError);
    await assert.rejects(report({ RUN: join(folder, 'none') }), { code: 'file-not-found' });
    await assert.rejects(report({ backtest: folder }), { code: 'nothing-to-report' });
    await assert.rejects(report({ RUN: folder }), { code: 'nothing-to-report' });
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'session.json'), '{"format":');
    await assert.rejects(report({ backtest: broken }), { code: 'bad-json' });
    writeFileSync(join(broken, 'session.json'), '{"format":"other"}');
    await assert.rejects(report({ backtest: broken }), { code: 'not-a-session' });
  });
});
