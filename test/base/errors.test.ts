import assert from 'node:assert/strict';
import { nearestMatch, unknownName } from '../../base/errors.ts';

describe('the nearest name', () => {
  it('is the one a slip of the fingers away', () => {
    assert.equal(nearestMatch('v155', ['v1', 'v15', 'fixed']), 'v15');
    assert.equal(nearestMatch('learningrate', ['learningRate', 'discount']), 'learningRate');
  });

  it('is the shortest that holds the word where none is close', () => {
    assert.equal(nearestMatch('cpu', ['auto', 'tfjs-wasm', 'tfjs-cpu']), 'tfjs-cpu');
    assert.equal(nearestMatch('queue', ['queue-reactive']), 'queue-reactive');
  });

  it('is none for a word like nothing there is', () => {
    assert.equal(nearestMatch('zebra', ['v1', 'v15', 'fixed']), undefined);
    assert.equal(unknownName('agent', 'zebra', ['v1', 'v15']).hint, 'Use one of v1, v15.');
  });
});
