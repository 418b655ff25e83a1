import { InputError } from '../../base/errors.ts';
import { readShadowSession } from '../../live/shadow/session-file.ts';
import { otherPolicy, verifyShadow } from '../../live/shadow/verify.ts';
import { checkPolicyFits } from '../agents.ts';
import type { Arguments, CommandContext } from '../command.ts';
import { resolveConfig, type Settings } from '../config.ts';
import { manifestHash, resolveExport } from '../exported-agent.ts';
import { MONITOR_OPTIONS } from '../options/monitor.ts';

/** Backtests the recording of a shadow session and compares each decision. */
export async function verify(
  args: Arguments,
  context: CommandContext,
): Promise<Readonly<Record<string, unknown>>> {
  const directory = String(args.verify);
  for (const name of ['source', ...Object.keys(MONITOR_OPTIONS)]) {
    if (args[name] !== undefined) throw notWith(name, args[name]);
  }
  const session = readShadowSession(directory);
  const path = String(args.POLICY ?? session.policy.path);
  const config = resolveConfig(session.config as Settings, context.config);
  const agent = await resolveExport(path, config);
  const hash = manifestHash(path);
  if (hash !== session.policy.manifest) throw otherPolicy(path, hash, session.policy.manifest);
  const progress = context.progress('Verifying', 100, '%');
  try {
    const verdict = await verifyShadow({
      directory,
      session,
      createQuoter: (conditions) => agent.createQuoter(conditions),
      checkInstrument: (instrument) => checkPolicyFits(agent.manifest, instrument),
      sharpeIntervalSeconds: config.evaluation.sharpeIntervalSeconds,
      signal: context.signal,
      onProgress: (share) => progress.update(Math.floor(100 * share)),
    });
    const { equal, decisions, firstDifference, recreated } = verdict;
    const remark = recreated ? '; the session was killed, its decisions have been taken anew' : '';
    context.print(`${directory}: ${decisions} decisions, ${equal ? 'equal' : 'NOT equal'}${remark}`);
    if (firstDifference !== null) context.print(JSON.stringify(firstDifference, null, 2));
    return { ...verdict };
  } finally {
    progress.done();
  }
}

function notWith(name: string, value: unknown): InputError {
  return new InputError({
    code: 'unexpected-option',
    message: `--${name} does not go with --verify, which takes the decisions again from the session's recording.`,
    field: name,
    value,
    hint: `Leave --${name} out.`,
  });
}
