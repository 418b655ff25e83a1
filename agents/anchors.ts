import { registerAnchor } from '../env/market-making/anchors.ts';
import { AvellanedaStoikov } from './avellaneda-stoikov.ts';
import { V15 } from './v15.ts';

// The environment knows no baseline: importing this module makes its anchors known to `make`.
registerAnchor('v15', () => new V15());
registerAnchor('v1', () => new AvellanedaStoikov());
