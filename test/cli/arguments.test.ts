import assert from 'node:assert/strict';
import { checkArguments } from '../../cli/arguments.ts';
import type { Command } from '../../cli/command.ts';

const command: Command = {
  name: 'brew',
  describe: 'Brews',
  positionals: [{ name: 'LEAVES', describe: 'what to brew', required: true, many: true }],
  options: {
    minutes: { type: 'number', describe: 'How long', minimum: 1, maximum: 10 },
    cups: { type: 'number', describe: 'How many', integer: true, required: true, minimum: 1 },
    pot: { type: 'string', describe: 'In what', choices: ['glass', 'clay'] },
    milk: { type: 'boolean', describe: 'With milk' },
    spice: { type: 'list', describe: 'What else' },
  },
  run: async () => ({}),
};
const check = (raw: Record<string, unknown>) =>
  checkArguments(command, { LEAVES: ['assam'], cups: '2', ...raw });

describe('arguments of a command', () => {
  it('come out typed', () => {
    const args = check({ minutes: '2.5', pot: 'clay', spice: 'ginger', milk: true, seed: '4' });
    assert.deepEqual(
      { ...args },
      { LEAVES: ['assam'], cups: 2, minutes: 2.5, pot: 'clay', milk: true, spice: ['ginger'], seed: 4 },
    );
  });

  it('name the nearest option for an unknown one', () => {
    assert.throws(() => check({ minuts: '3' }), { code: 'unknown-option', hint: 'Did you mean --minutes?' });
  });

  it('refuse numbers that are none or out of range', () => {
    for (const minutes of ['NaN', 'three', '0', '11', 'Infinity']) {
      assert.throws(() => check({ minutes }), { code: 'bad-number', field: '--minutes', value: minutes });
    }
    assert.throws(() => check({ cups: '1.5' }), {
      field: '--cups',
      expected: 'a whole number of at least 1',
    });
  });

  it('refuse an unknown choice, a repeated option, an empty value, a missing one and a word too many', () => {
    assert.throws(() => check({ pot: 'glas' }), { code: 'unknown-value', hint: 'Did you mean "glass"?' });
    assert.throws(() => check({ pot: ['glass', 'clay'] }), { code: 'repeated-option' });
    assert.throws(() => check({ pot: '' }), { code: 'missing-value' });
    assert.throws(() => checkArguments(command, { LEAVES: ['assam'] }), {
      code: 'missing-option',
      field: '--cups',
    });
    assert.throws(() => checkArguments(command, { cups: '1' }), { code: 'missing-option', field: 'LEAVES' });
    assert.throws(() => check({ _: ['sugar'] }), { code: 'unexpected-argument', value: 'sugar' });
  });
});
