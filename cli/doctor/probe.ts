import { ENGINES } from '../../agents/sac/choose-engine.ts';
import { examine } from './examine.ts';

// Run as `node probe.js ENGINE MEASURE` by cli/doctor/apart.ts: prints the report of one engine as a line of JSON.
const [name, measure] = process.argv.slice(2);
const kind = ENGINES.find((engine) => engine.name === name);
if (kind === undefined) throw new Error(`unknown engine ${name}`);
const report = await examine(kind, measure === 'true');
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
