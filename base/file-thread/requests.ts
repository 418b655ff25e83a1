/** What the thread is asked for. It answers in order. Buffers go along, and come back with the answer. */
export type Request =
  /** To inflate a gzip file from where it stands. */
  | { readonly kind: 'open'; readonly descriptor: number }
  /** To put the next chunk of it into a buffer. */
  | { readonly kind: 'inflate'; readonly buffer: ArrayBuffer }
  /** To write to a file: see `CheckedWriter`. */
  | { readonly kind: 'create'; readonly descriptor: number }
  | {
      readonly kind: 'write';
      readonly buffer: ArrayBuffer;
      readonly length: number;
      readonly checked: readonly number[];
    }
  | { readonly kind: 'checksum' };

export interface Answer {
  readonly buffer?: ArrayBuffer;
  /** Bytes of a chunk, 0 at the end of the file, and those of the file that have been read. */
  readonly length?: number;
  readonly read?: number;
  readonly checksum?: string;
  /** What was thrown instead. */
  readonly failure?: { readonly message: string; readonly code?: string };
}
