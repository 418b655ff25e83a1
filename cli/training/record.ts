import { z } from 'zod';
import { InputError } from '../../base/errors.ts';

const stretch = z.object({
  tapes: z.array(z.object({ path: z.string(), checksum: z.string() })).min(1),
  start: z.number(),
  end: z.number(),
});

const schema = z
  .object({
    data: z
      .object({
        training: stretch,
        selection: stretch,
        heldOut: z.boolean(),
        fittedTo: z
          .object({ source: z.array(z.string()), checksum: z.string(), start: z.number(), end: z.number() })
          .optional(),
      })
      .optional(),
    env: z.string().optional(),
    envOptions: z.record(z.string(), z.unknown()).optional(),
    agents: z.int().min(1),
  })
  .refine(({ data, env }) => (data === undefined) !== (env === undefined), {
    message: 'either tapes or an environment',
  });

/** What a run trains on, as `run.json` keeps it for a resumed run. */
export type TrainingRecord = z.infer<typeof schema>;

/** Reads it. Throws an InputError where it is damaged. */
export function trainedOn(path: string, record: unknown): TrainingRecord {
  const result = schema.safeParse(record);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InputError({
    code: 'bad-run',
    message: `${path} does not say what the run trains on: ${['training', ...issue.path].join('.')}: ${issue.message.replace(', received undefined', '')}.`,
    field: 'run',
    value: path,
    expected: 'run.json as makergym train wrote it',
    hint: 'Restore the file, or train anew.',
  });
}
