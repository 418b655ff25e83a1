import { type GlftParameters, glftQuotes } from '../../agents/optimal/glft.ts';
import { riskAverse } from '../../agents/optimal/value-function.ts';
import { type ReproducedRow, type Reproduction, row } from './row.ts';

const PUBLISHED = { riskAversion: 0.05, fillRiskAversion: 0.05, volatility: 10.69, size: 1 };
const AT_AS = { rate: 140, decay: 1.5, riskAversion: 0.1, fillRiskAversion: 0.1, volatility: 2, size: 1 };

export const glft: Reproduction = {
  describe: 'Guéant, Lehalle and Fernandez-Tapia: asymptotic half-spread and skew',
  async run() {
    return [
      ...asymptotic(
        'A = 2.986, k = 0.0424, γ = ξ = 0.05, σ = 10.69',
        { ...PUBLISHED, rate: 2.986162360812285, decay: 0.04235741115084049 },
        [20.47208533844371, 9.76326865029227],
        1e-13,
      ),
      ...asymptotic('parameters of AS 2008, γ = ξ = 0.1', AT_AS, [0.6712438194, 0.0517172162], 1e-10),
      ...exact(),
    ];
  },
};

function asymptotic(
  name: string,
  parameters: GlftParameters,
  [halfSpread, skew]: readonly [number, number],
  tolerance: number,
): readonly ReproducedRow[] {
  const quotes = glftQuotes(parameters);
  return [
    row({
      case: name,
      quantity: 'half-spread',
      published: halfSpread,
      measured: quotes.halfSpread,
      tolerance,
    }),
    row({ case: name, quantity: 'skew', published: skew, measured: quotes.skew, tolerance }),
  ];
}

/** The exact solution far from its end against the formulas that approximate it there. */
function exact(): readonly ReproducedRow[] {
  const { rate, decay, riskAversion, volatility } = AT_AS;
  const solution = riskAverse({
    rate,
    decay,
    riskAversion,
    volatility,
    terminal: 0,
    maxInventory: 60,
    duration: 5,
  });
  const name = 'exact solution at T − t = 5 (approximated to 5e-3)';
  return [-2, 0, 2].map((q) =>
    row({
      case: name,
      quantity: `bid distance, q = ${q}`,
      published: Number((0.6712438194 + 0.0517172162 * q).toFixed(10)),
      measured: solution.bidDistance(0, q),
      tolerance: 5e-3,
    }),
  );
}
