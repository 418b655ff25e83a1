/** Reads numbers of a few bits from bytes, lowest bits first. Hot path of nothing: for the heads of blocks. */
export class BitReader {
  readonly bytes: Uint8Array;
  /** Byte and bit that come next. */
  at: number;
  bit = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next 16 bits at most, without passing them. */
  peek(bits: number): number {
    const { bytes, at } = this;
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    return (word >>> this.bit) & ((1 << bits) - 1);
  }

  read(bits: number): number {
    const value = this.peek(bits);
    this.bit += bits;
    this.at += this.bit >> 3;
    this.bit &= 7;
    return value;
  }

  /** Passes what is left of a byte. */
  align(): void {
    if (this.bit > 0) this.at++;
    this.bit = 0;
  }
}
