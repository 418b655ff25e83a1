import { z } from 'zod';
import { InputError } from '../base/errors.ts';
import { laneSchema, marketMakingSchema } from '../env/settings-schema.ts';
import type { PolicyManifest } from './policy-manifest.ts';

const strings = z.array(z.string());
const numbers = z.array(z.number());
const count = z.int().min(0);
const positive = z.number().positive();
const notNegative = z.number().min(0);

/** What must be in a manifest for its policy to run, with values that a policy can have: an impossible one would not stop
 * it, but make it quote something else. More may be, as later releases write it. */
const schema = z.looseObject({
  environment: z.string(),
  observation: z.looseObject({
    names: strings.min(1),
    units: strings,
    normaliser: z.looseObject({
      count: z.number(),
      mean: numbers,
      variance: z.array(notNegative),
      epsilon: positive,
      clip: positive,
    }),
    training: z.array(z.looseObject({ mean: z.number(), deviation: notNegative, edges: numbers })).optional(),
  }),
  action: z.looseObject({
    names: strings.min(1),
    decoding: strings,
    centreShiftTicks: positive,
    logSpreadRange: positive,
    allowedShiftTicks: notNegative,
  }),
  hidden: z.array(z.int().min(1)),
  lane: z.looseObject(laneSchema.shape),
  marketMaking: z.looseObject(marketMakingSchema.shape),
  anchor: z.looseObject({ name: z.string(), parameters: z.record(z.string(), z.unknown()) }),
  safety: z.looseObject({
    maxOffset: notNegative,
    maxOffsetStep: positive,
    minSpread: positive,
    minQuoteLifeMs: notNegative,
    maxAckP99Ms: positive,
  }),
  instrument: z.looseObject({
    venue: z.string(),
    symbol: z.string(),
    tickSize: positive,
    stepSize: positive,
  }),
  provenance: z.looseObject({
    timesteps: count,
    updates: count,
    tapes: z.array(z.looseObject({ checksum: z.string(), start: z.number(), end: z.number() })),
  }),
  files: z.array(z.looseObject({ path: z.string(), sha256: z.string(), bytes: count })),
});

/** Throws an InputError naming the field of a manifest that is missing or of another kind. */
export function checkManifest(manifest: unknown, directory: string): asserts manifest is PolicyManifest {
  const result = schema.safeParse(manifest);
  if (result.success) return;
  const [issue] = result.error.issues;
  const field = issue.path.join('.');
  const expected = issue.message.replace(/^[^:]*: expected /, '').replace(/, received .*$/, '');
  throw new InputError({
    code: 'bad-manifest',
    message: `${directory}/manifest.json is damaged or was changed: ${field} is not what is expected.`,
    field,
    value: issue.path.reduce<unknown>(
      (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
      manifest,
    ),
    expected,
    hint: 'Restore the folder from a copy, or export or train anew.',
  });
}
