import { SAC } from '../../training/sac.ts';
import { resumeEnvironments, resumeOptions } from './resume-setting.ts';

// Run as `node --import tsx resume-child.ts KIND FROM TO TIMESTEPS`: goes on with a checkpoint in a new process.
const [kind, from, to, timesteps] = process.argv.slice(2);
const env = resumeEnvironments(kind);
const sac = await SAC.load(from, env, resumeOptions(env));
await sac.learn({ totalTimesteps: Number(timesteps) });
await sac.save(to);
