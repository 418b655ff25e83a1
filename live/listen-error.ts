import { InputError } from '../base/errors.ts';

/** A server as people know it. */
export interface ListeningServer {
  /** As in `monitor`. */
  readonly name: string;
  /** What the options that say where it listens begin with, as in `monitor-`. */
  readonly prefix: string;
}

/** The error where a server cannot listen at a place, which names the option at fault. */
export function listenError(
  cause: NodeJS.ErrnoException,
  { name, prefix }: ListeningServer,
  { port, host }: { readonly port: number; readonly host: string },
): InputError {
  const { code, message } = cause;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new InputError(
      {
        code: 'cannot-listen',
        message: `The ${name} cannot listen at ${host}: ${message}.`,
        field: `${prefix}host`,
        value: host,
        expected: 'an address of this machine',
        hint: `Leave --${prefix}host out for 127.0.0.1.`,
      },
      { cause },
    );
  }
  const busy = code === 'EADDRINUSE';
  return new InputError(
    {
      code: busy ? 'port-in-use' : 'cannot-listen',
      message: busy
        ? `Port ${port} is in use, so the ${name} cannot listen there.`
        : `The ${name} cannot listen at port ${port}: ${message}.`,
      field: `${prefix}port`,
      value: port,
      expected: 'a free port',
      hint: `Choose another --${prefix}port, or 0 for a free one.`,
    },
    { cause },
  );
}
