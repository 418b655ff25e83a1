import { existsSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { AvellanedaStoikov } from '../agents/avellaneda-stoikov.ts';
import { FixedSpread } from '../agents/fixed-spread.ts';
import { PolicyQuoter } from '../agents/sac/policy-quoter.ts';
import { V15 } from '../agents/v15.ts';
import { InputError, nearestMatch, unknownName } from '../base/errors.ts';
import { requireFile } from '../base/files.ts';
import { loadPolicy } from '../checkpoints/policy.ts';
import type { PolicyManifest } from '../checkpoints/policy-manifest.ts';
import { standing } from '../checkpoints/replacement.ts';
import { MidQuoter } from '../env/market-making/mid-quoter.ts';
import type { Quoter } from '../env/quoter.ts';
import type { ConditionTimeline } from '../safety/condition-timeline.ts';
import type { FallbackEvent } from '../safety/fallback.ts';
import { SafetyLayer } from '../safety/safety-layer.ts';
import { Supervisor } from '../safety/supervisor.ts';
import { loadModule } from './agent-module.ts';
import type { Config } from './config.ts';

export { checkPolicyFits } from '../checkpoints/policy-fit.ts';

/** What `--agent` named, ready to make as many quoters as there are lanes. */
export interface ResolvedAgent {
  readonly name: string;
  /**
   * A new quoter, with a state of its own. A learned policy falls back on `conditions` that a live session told, where
   * its recording is replayed.
   */
  createQuoter(conditions?: ConditionTimeline): Quoter;
  /** The same for a learned policy, with the parts that a live session watches. */
  createSupervised?(conditions?: ConditionTimeline, onChange?: (event: FallbackEvent) => void): Supervised;
  /** Present for a learned policy: check it against the tape's instrument (`checkPolicyFits`). */
  readonly manifest?: PolicyManifest;
}

/** A learned policy as it is let loose: within the chain of fallbacks, within the safety layer. */
export interface Supervised {
  readonly quoter: SafetyLayer;
  readonly supervisor: Supervisor;
  readonly policy: PolicyQuoter;
}

/** Agents that come with makergym, by the name the command line knows them by. */
const BASELINES: Readonly<Record<string, (config: Config) => Quoter>> = {
  v1: (config) => new AvellanedaStoikov(config.agents.v1),
  v15: (config) => new V15(config.agents.v15),
  fixed: (config) => new FixedSpread(config.agents.fixed),
};
export const BASELINE_NAMES: readonly string[] = Object.keys(BASELINES);

const MODULES = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

/**
 * Finds the agent that `text` names: `v1`, `v15`, `fixed`, a folder with a policy (run, checkpoint, export), or a
 * module. A policy is put before its fallbacks, V1.5 and V1-α (`Supervisor`), and all of them in the safety layer it was
 * trained in; a module's quoter runs as it is. Throws an InputError that says what was expected and, for an unknown name, which is nearest.
 */
export async function resolveAgent(text: string, config: Config): Promise<ResolvedAgent> {
  if (Object.hasOwn(BASELINES, text)) {
    return { name: text, createQuoter: () => BASELINES[text](config) };
  }
  if (MODULES.includes(extname(text).toLowerCase())) return loadModule(text, config);
  const folder = statSync(standing(text), { throwIfNoEntry: false });
  if (folder?.isDirectory()) return loadPolicyAgent(text, config);
  if (existsSync(text)) {
    throw new InputError({
      code: 'not-an-agent',
      message: `${text} is a file, but neither a module nor a folder with a policy.`,
      field: 'agent',
      value: text,
      expected: `one of ${BASELINE_NAMES.join(', ')}, a run or export folder, or a .ts or .js module`,
      hint: 'Name the folder of the run or export, not a file in it.',
    });
  }
  if (/[/\\]/.test(text)) requireFile(text, 'agent');
  const near = nearestMatch(text, BASELINE_NAMES);
  throw new InputError({
    code: 'unknown-agent',
    message: `Unknown agent "${text}": there is no folder of that name either.`,
    field: 'agent',
    value: text,
    expected: `one of ${BASELINE_NAMES.join(', ')}, a run or export folder, or a .ts or .js module`,
    hint:
      near === undefined
        ? 'Check the path; relative paths start at the current folder.'
        : `Did you mean "${near}"?`,
  });
}

function loadPolicyAgent(path: string, config: Config): ResolvedAgent {
  const { manifest, weights } = loadPolicy(path);
  const name = basename(resolve(path));
  const createSupervised: NonNullable<ResolvedAgent['createSupervised']> = (conditions, onChange) => {
    const policy = new PolicyQuoter(weights, manifest, createAnchor(manifest), name);
    const supervisor = new Supervisor({
      policy,
      fallbacks: [createFallback(manifest, config), new AvellanedaStoikov(config.agents.v1)],
      settings: config.shadow,
      maxAckP99Ms: manifest.safety.maxAckP99Ms,
      conditions,
      onChange,
    });
    // What the chain decides is finite, and no baseline quotes while acknowledgements are slow: no further fallback.
    return { policy, supervisor, quoter: new SafetyLayer(supervisor, manifest.safety, null) };
  };
  // A policy of another observation or anchor is refused now, not when the tape is open.
  createSupervised();
  return {
    name,
    createQuoter: (conditions) => createSupervised(conditions).quoter,
    createSupervised,
    manifest,
  };
}

/** The anchor a policy's actions are residuals on, with the parameters it was trained with. */
function createAnchor({ anchor }: PolicyManifest): Quoter {
  switch (anchor.name) {
    case 'v15':
      return new V15(anchor.parameters);
    case 'v1':
      return new AvellanedaStoikov(anchor.parameters);
    case 'mid':
      return new MidQuoter();
    default:
      throw unknownName('anchor', anchor.name, ['v15', 'v1', 'mid']);
  }
}

/** V1.5, with the parameters the policy leant on where it did. */
function createFallback({ anchor }: PolicyManifest, config: Config): V15 {
  return new V15(anchor.name === 'v15' ? anchor.parameters : config.agents.v15);
}
