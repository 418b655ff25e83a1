import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDecompressed } from '../../base/decompress.ts';
import { AtomicFile } from '../../base/files.ts';

/** A file that can be read at any place: the file itself, or a copy in the folder for temporary files. */
export interface PlainFile {
  readonly path: string;
  /** Deletes the copy. */
  remove(): void;
}

/** Decompresses a tape kept as gzip or zstd: its batches are read at their places, which compression hides. */
export function plainCopy(path: string): PlainFile {
  const folder = mkdtempSync(join(tmpdir(), 'makergym-tape-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = new AtomicFile(join(folder, 'tape.arrow'));
    readDecompressed(path, 'tape', (chunk) => file.write(chunk));
    file.commit();
    return { path: file.path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
