import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import type { FileRecord } from './policy-manifest.ts';

/** SHA-256 and size of some content. */
export function recordBytes(path: string, content: Uint8Array | string): FileRecord {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
}

/** SHA-256 and size of a file under `directory`, read in bounded pieces. `path` uses `/` on every system. */
export function recordFile(directory: string, path: string): FileRecord {
  const descriptor = openSync(join(directory, path), 'r');
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(1 << 20);
  let bytes = 0;
  try {
    for (;;) {
      const read = readSync(descriptor, piece, 0, piece.byteLength, null);
      if (read === 0) break;
      hash.update(piece.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(descriptor);
  }
  return { path, sha256: hash.digest('hex'), bytes };
}

/** Throws an InputError naming the file, what was expected and what was found, unless it is what `record` says. */
export function verifyFile(directory: string, record: FileRecord): void {
  const path = join(directory, record.path);
  requireFile(path, record.path);
  const found = recordFile(directory, record.path);
  if (found.bytes !== record.bytes) {
    throw damaged(path, 'wrong-size', `${record.bytes} bytes`, `${found.bytes} bytes`, found.bytes);
  }
  if (found.sha256 !== record.sha256) {
    throw damaged(path, 'wrong-hash', `SHA-256 ${record.sha256}`, found.sha256, found.sha256);
  }
}

function damaged(path: string, code: string, expected: string, found: string, value: unknown): InputError {
  return new InputError({
    code,
    message: `${path} is damaged or was changed: expected ${expected}, found ${found}.`,
    field: path,
    value,
    expected,
    hint: 'Use an earlier checkpoint, or restore the file from a copy.',
  });
}
