import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The rooms of docs/architecture.md: what each may import from. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = readTable();

function readTable(): Record<string, readonly string[]> {
  const rows = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').matchAll(
    /^\| `(\w+)\/` \| [^|]+ \| ([^|]+) \|$/gm,
  );
  const table: Record<string, readonly string[]> = {};
  for (const [, room, allowed] of rows) {
    const above = Object.keys(table);
    table[room] = allowed.trim() === 'all' ? above : allowed.split(',').map((name) => name.trim());
  }
  return table;
}

function importsOf(room: string): { readonly file: string; readonly target: string }[] {
  const files = readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(room, file))
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      const paths = [...source.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path]) => path);
      return paths.map((path) => ({ file, target: normalize(join(dirname(file), path)).split(sep)[0] }));
    });
}

describe('rooms import one way', () => {
  it('the table of docs/architecture.md names every room', () => {
    assert.ok(Object.keys(MAY_IMPORT).length >= 12);
  });

  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${room} imports from ${allowed.join(', ')}`, () => {
      const imports = importsOf(room);
      assert.ok(imports.length > 0, `no imports found in ${room}`);
      const forbidden = imports.filter(
        ({ target }) => target !== room && target !== 'base' && !allowed.includes(target),
      );
      assert.deepEqual(forbidden, []);
    });
  }
});
