import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import { add } from './instructions.ts';

const [PRICES, QUANTITIES, TO_PRICES, TO_QUANTITIES, COUNT] = [0, 1, 2, 3, 4];

/** `copyLevels(prices, quantities, toPrices, toQuantities, count)`: copies so many levels, one at least; all others are addresses. */
export function copyLevelsProgram(): Uint8Array {
  const f = new FunctionBody();
  f.loop(() => {
    f.get(TO_PRICES).get(PRICES).loadI32().storeI32();
    f.get(TO_QUANTITIES).get(QUANTITIES).loadI64().storeI64();
    add(f, PRICES, 4);
    add(f, TO_PRICES, 4);
    add(f, QUANTITIES, 8);
    add(f, TO_QUANTITIES, 8);
    f.get(COUNT).i32(1).scalar('i32Subtract').tee(COUNT);
  });
  return assemble({ parameters: Array<number>(5).fill(Type.i32), locals: [], body: f });
}
