import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { V15 } from '../../agents/v15.ts';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import type { Quoter } from '../../env/quoter.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import type { Config } from '../config.ts';

/** The anchor that the configuration names, and its parameters for the policy's manifest. */
export function anchorOf(config: Config): {
  readonly name: Config['marketMaking']['anchor'];
  readonly parameters: Readonly<Record<string, unknown>>;
  create(): Quoter;
} {
  const name = config.marketMaking.anchor;
  switch (name) {
    case 'v15':
      return { name, parameters: config.agents.v15, create: () => new V15(config.agents.v15) };
    case 'v1':
      return { name, parameters: config.agents.v1, create: () => new AvellanedaStoikov(config.agents.v1) };
    case 'mid':
      return { name, parameters: {}, create: () => new MidQuoter() };
  }
}

/** The safety layer that an agent is trained, judged and run in; V1.5 decides where the agent may not. */
export function protect(config: Config, inner: Quoter): SafetyLayer {
  return new SafetyLayer(inner, config.safety, new V15(config.agents.v15));
}
