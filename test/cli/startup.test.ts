import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that are loaded with a file, through whatever it imports: by package, the file of ours that names it. */
function packagesLoadedWith(entry: string): Readonly<Record<string, string>> {
  const packages: Record<string, string> = {};
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, target] of source.matchAll(/^(?:import|export) (?!type\b)(?:[^;]*? from )?'([^']+)';$/gm)) {
      if (target.startsWith('.')) visit(join(dirname(file), target));
      else if (!target.startsWith('node:')) packages[target] = relative(ROOT, file);
    }
  };
  visit(join(ROOT, entry));
  return packages;
}

describe('start of the program', () => {
  it('what work needs is found among what it loads', () => {
    assert.ok('zod' in packagesLoadedWith('cli/config.ts'));
  });

  for (const entry of [
    'main.ts',
    ...readdirSync(join(ROOT, 'cli/commands')).map((file) => `commands/${file}`),
  ]) {
    it(`cli/${entry} loads no library: help and errors of usage need none`, () => {
      assert.deepEqual(packagesLoadedWith(`cli/${entry}`), {});
    });
  }
});
