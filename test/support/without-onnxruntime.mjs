// `node --import ./without-onnxruntime.mjs …`: a machine on which the optional package onnxruntime-node is missing.
import Module, { register } from 'node:module';

const HIDDEN = 'onnxruntime-node';
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (request !== HIDDEN) return resolveFilename.call(this, request, ...rest);
  throw Object.assign(new Error(`Cannot find module '${HIDDEN}'`), { code: 'MODULE_NOT_FOUND' });
};
register(
  `data:text/javascript,${encodeURIComponent(`
    export async function resolve(specifier, context, next) {
      if (specifier === '${HIDDEN}') throw new Error('Cannot find package ' + specifier);
      return next(specifier, context);
    }`)}`,
);
