import { InputError, unknownName } from '../../base/errors.ts';
import { BINANCE_TIERS } from '../../env/exchange/fees-binance.ts';
import type { FeeModelName } from '../../env/settings.ts';
import { badModel, type ModelGrammar, numberIn, parseModelText } from './model-text.ts';

const PRESET = { values: 1, keys: ['volume'], flags: ['bnb'], example: 'binance-spot:vip3,bnb' };
const GRAMMAR: ModelGrammar = {
  option: '--fees',
  code: 'bad-fees',
  what: 'fee model',
  models: {
    bps: { values: 2, keys: [], example: '0,5, and a rebate like --fees=-0.5,4' },
    quantity: { values: 2, keys: [], example: 'quantity:0.01,0.02' },
    tiers: { values: 0, keys: ['volume'], example: 'tiers:volume=1e6' },
    'binance-spot': PRESET,
    'binance-usdm': { ...PRESET, example: 'binance-usdm:vip0' },
  },
};

export interface ChosenFees {
  readonly model: FeeModelName;
  readonly makerBps?: number;
  readonly takerBps?: number;
  readonly makerPerUnit?: number;
  readonly takerPerUnit?: number;
  readonly tier?: string | null;
  readonly bnb?: boolean;
  readonly startingVolume?: number;
}

/**
 * `maker,taker` in basis points, `quantity:MAKER,TAKER` in quote currency per unit of base, `tiers` as the configuration
 * lists them, or a preset such as `binance-spot:vip3,bnb`: docs/exchange/fees.md.
 */
export function parseFees(text: string): ChosenFees {
  if (!/^[a-z]/.test(text) || /^[a-z],/.test(text)) return basisPoints(text, text.split(','));
  const { name, values, named } = parseModelText(text, GRAMMAR);
  if (name === 'bps') return basisPoints(text, values);
  if (name === 'quantity') {
    if (values.length !== 2)
      throw badModel(text, GRAMMAR, 'two fees per unit', GRAMMAR.models.quantity.example);
    const [makerPerUnit, takerPerUnit] = values.map((value) => numberIn(text, value, GRAMMAR, {}, 'a fee'));
    return { model: 'quantity', makerPerUnit, takerPerUnit };
  }
  const startingVolume =
    named.volume === undefined ? 0 : numberIn(text, named.volume, GRAMMAR, { from: 0 }, 'volume');
  if (name === 'tiers') return { model: 'tiers', startingVolume };
  const model = name as FeeModelName;
  const bnb = named.bnb !== undefined;
  const [tier] = values;
  if (tier === undefined) return { model, tier: null, bnb, startingVolume };
  if (!BINANCE_TIERS.includes(tier)) {
    const { code, message, expected, hint } = unknownName('fee tier', tier, BINANCE_TIERS);
    throw new InputError({ code, message, field: '--fees', value: text, expected, hint });
  }
  if (named.volume !== undefined)
    throw badModel(text, GRAMMAR, 'a tier or a volume, not both', PRESET.example);
  return { model, tier, bnb, startingVolume };
}

function basisPoints(text: string, parts: readonly string[]): ChosenFees {
  const [makerBps, takerBps, ...rest] = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const usable = (bps: number) => bps >= -100 && bps <= 1000;
  if (rest.length === 0 && usable(makerBps) && usable(takerBps)) return { model: 'bps', makerBps, takerBps };
  throw new InputError({
    code: 'bad-fees',
    message: `--fees ${text} does not name two fees.`,
    field: '--fees',
    value: text,
    expected:
      'maker and taker fee in bps from −100 to 1000, with a comma; or a model such as binance-usdm:vip0',
    hint: 'Write it like 0,5, and a rebate like --fees=-0.5,4.',
  });
}
