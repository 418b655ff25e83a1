import { exportPolicy, PARITY_TOLERANCE } from '../../checkpoints/export.ts';
import type { Command } from '../command.ts';

export const run: Command['run'] = async (args, context) => {
  const { out, files, parity } = await exportPolicy({
    source: args.RUN as string,
    out: args.out as string,
    force: args.force === true,
  });
  context.print(`${out}`);
  for (const { path, bytes, sha256 } of files) {
    context.print(`  ${path.padEnd(20)} ${String(bytes).padStart(9)} bytes  sha256 ${sha256.slice(0, 16)}…`);
  }
  context.print(
    `Largest difference of an action over ${parity.cases} observations (allowed ${PARITY_TOLERANCE}):`,
  );
  for (const format of ['onnx', 'layers', 'safetensors'] as const) {
    const by = format === 'onnx' ? `  (${parity.onnxRunner})` : '';
    context.print(`  ${format.padEnd(12)} ${parity[format].toExponential(1)}${by}`);
  }
  return { out, files, parity };
};
