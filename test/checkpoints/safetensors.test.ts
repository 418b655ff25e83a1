import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../checkpoints/safetensors.ts';

/** The example of the format's own description: one float32 tensor [[0, 1, 2], [3, 4, 5]] named `a`. */
function documented(): Uint8Array {
  const header = '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}';
  const bytes = new Uint8Array(8 + header.length + 24);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(Buffer.from(header), 8);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 6; i++) view.setFloat32(8 + header.length + 4 * i, i, true);
  return bytes;
}

describe('safetensors', () => {
  it('reads a file laid out by hand, whose data is not aligned', () => {
    const { tensors } = decodeSafetensors(documented(), 'x');
    assert.deepEqual(tensors.a.shape, [2, 3]);
    assert.deepEqual([...tensors.a.data], [0, 1, 2, 3, 4, 5]);
  });

  it('keeps every bit of what it writes, whatever the types, with data aligned to its type', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1, maxLength: 8 }).filter((s) => !s.startsWith('__')),
          fc.oneof(
            fc.float32Array({ maxLength: 9 }),
            fc.float64Array({ maxLength: 9 }),
            fc.int32Array({ maxLength: 9 }),
            fc.uint8Array({ maxLength: 9 }),
          ),
          { maxKeys: 6 },
        ),
        (data) => {
          const tensors = Object.fromEntries(
            Object.entries(data).map(([name, values]) => [name, { shape: [values.length], data: values }]),
          );
          const bytes = encodeSafetensors(tensors, { by: 'test' });
          assert.equal(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
          const back = decodeSafetensors(bytes, 'x');
          assert.equal(back.metadata.by, 'test');
          assert.deepEqual(Object.keys(back.tensors).sort(), Object.keys(tensors).sort());
          for (const [name, { data: values }] of Object.entries(tensors)) {
            const found = back.tensors[name].data;
            assert.equal(found.constructor, values.constructor);
            assert.deepEqual(Buffer.from(found.buffer), Buffer.from(values.slice().buffer));
          }
        },
      ),
    );
  });

  it('holds scalars as tensors without dimensions', () => {
    const bytes = encodeSafetensors({ x: { shape: [], data: Float32Array.of(2.5) } });
    const { x } = decodeSafetensors(bytes, 'x').tensors;
    assert.deepEqual([x.shape, x.data[0]], [[], 2.5]);
  });

  it('refuses every truncation, and bytes too many', () => {
    const whole = documented();
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decodeSafetensors(whole.subarray(0, length), 'cut'), InputError);
    }
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    assert.throws(() => decodeSafetensors(longer, 'long'), /1 bytes follow the last tensor/);
  });

  it('refuses foreign files, holes and types it cannot hold, with the reason', () => {
    const craft = (header: string, data = 8) => {
      const bytes = new Uint8Array(8 + header.length + data);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
      bytes.set(Buffer.from(header), 8);
      return () => decodeSafetensors(bytes, 'f');
    };
    assert.throws(() => decodeSafetensors(Buffer.from('PK\u0003\u0004 some zip file'), 'f'), /header claims/);
    assert.throws(craft('[1, 2]'), /not a JSON object/);
    assert.throws(craft('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'), /hole/);
    assert.throws(
      craft('{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}'),
      /BF16, which is not read/,
    );
    assert.throws(craft('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}'), /8 bytes for 3 values/);
    assert.throws(() => encodeSafetensors({ a: { shape: [2], data: new Float32Array(3) } }), /has 3 values/);
  });
});
