import assert from 'node:assert/strict';
import { ENGINES } from '../../agents/sac/choose-engine.ts';
import type { CommandContext } from '../../cli/command.ts';
import { DEFAULT_CONFIG } from '../../cli/config.ts';
import { run as doctor } from '../../cli/run/doctor.ts';

function context(print: (text: string) => void): CommandContext {
  return {
    config: DEFAULT_CONFIG,
    given: new Set<string>(),
    seed: 0,
    signal: new AbortController().signal,
    progress: () => ({ update: () => {}, done: () => {} }),
    log: () => {},
    print,
  };
}

describe('doctor', () => {
  it('tells which engines run here, why others do not, and what is missing', async () => {
    let printed = '';
    const result = await doctor(
      { quick: true },
      context((text) => {
        printed += text;
      }),
    );
    const engines = result.engines as { name: string; available: boolean; reason: string | null }[];
    assert.deepEqual(
      engines.map(({ name }) => name),
      ENGINES.map(({ name }) => name),
    );
    for (const { name, available, reason } of engines) {
      assert.equal(reason === null, available, name);
      if (name === 'tfjs-wasm' || name === 'tfjs-cpu') assert.ok(available);
    }
    assert.equal(result.node, process.version);
    assert.ok((result.platform as string).startsWith(process.platform));
    for (const part of result.optional as { package: string; installed: boolean }[]) {
      assert.equal(printed.includes(`npm install ${part.package} `), !part.installed);
    }
  });
});
