import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

const CHANNEL = 'http.server.request.start';

/** The server of this process that answers at an address. */
export async function serverOf(url: string): Promise<Server> {
  let found: Server | undefined;
  const port = Number(new URL(url).port);
  const listener = (message: unknown): void => {
    const { server, socket } = message as { server: Server; socket: { localPort: number } };
    if (socket.localPort === port) found = server;
  };
  subscribe(CHANNEL, listener);
  try {
    await (await fetch(url)).text();
  } finally {
    unsubscribe(CHANNEL, listener);
  }
  if (found === undefined) throw new Error(`no server of this process answers at ${url}`);
  return found;
}
