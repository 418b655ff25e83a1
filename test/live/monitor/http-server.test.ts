import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { InputError } from '../../../base/errors.ts';
import { HostNames, isLoopback } from '../../../live/monitor/host-names.ts';
import { type ListenOptions, MonitorServer, sendText } from '../../../live/monitor/http-server.ts';
import { serverOf } from '../../support/server-of.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('monitor server', () => {
  const servers: MonitorServer[] = [];
  const holders: Server[] = [];
  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(options: ListenOptions = { port: 0 }): Promise<MonitorServer> {
    const server = await MonitorServer.start(options, {
      '/metrics': (_request, response) => sendText(response, 200, 'up 1\n'),
      '/broken': () => {
        throw new Error('secret detail');
      },
    });
    servers.push(server);
    return server;
  }

  function ask(
    server: MonitorServer,
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const { method = 'GET', headers = {}, body } = options;
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** What a server answers to bytes, until it hangs up. */
  function raw(server: MonitorServer, text: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        answer += String(chunk);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
    });
  }

  it('listens on this machine alone unless told otherwise; port 0 takes a free one and says which', async () => {
    const server = await start();
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
    assert.equal((await ask(server, '/metrics')).body, 'up 1\n');
  });

  it('goes on after connections that could not be accepted', async () => {
    const server = await start();
    const inner = await serverOf(server.url);
    for (let i = 0; i < 2; i++) inner.emit('error', new Error('accept EMFILE'));
    assert.equal((await ask(server, '/metrics')).status, 200);
  });

  it('an address beyond loopback needs to be meant', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.com']) {
      await assert.rejects(MonitorServer.start({ port: 0, host }, {}), (error: InputError) => {
        assert.equal(error.code, 'remote-address');
        assert.equal(error.field, 'monitor-host');
        assert.equal(error.value, host);
        assert.match(error.hint ?? '', /--monitor-remote/);
        return error instanceof InputError;
      });
    }
    const server = await start({ port: 0, host: '0.0.0.0', remote: true });
    assert.match(server.url, /^http:\/\/0\.0\.0\.0:/);
  });

  it('a port in use, a port that is none, an address of another machine: each says which option', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    holders.push(holder);
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    const cases: readonly (readonly [ListenOptions, string, string])[] = [
      [{ port }, 'port-in-use', 'monitor-port'],
      [{ port: 65536 }, 'bad-port', 'monitor-port'],
      [{ port: -1 }, 'bad-port', 'monitor-port'],
      [{ port: Number.NaN }, 'bad-port', 'monitor-port'],
      [{ port: 0, host: '203.0.113.7', remote: true }, 'cannot-listen', 'monitor-host'],
    ];
    for (const [options, code, field] of cases) {
      await assert.rejects(MonitorServer.start(options, {}), (error: InputError) => {
        assert.equal(error.code, code);
        assert.equal(error.field, field);
        return error instanceof InputError && error.hint !== undefined;
      });
    }
  });

  it('answers to its own names alone, so that a rebound name of a stranger reads nothing', async () => {
    const server = await start();
    const { port } = new URL(server.url);
    for (const host of [`127.0.0.1:${port}`, 'localhost', `LOCALHOST:${port}`, '[::1]:9', 'localhost.'])
      assert.equal((await ask(server, '/metrics', { headers: { host } })).status, 200, host);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      '10.0.0.1',
      'a@localhost',
    ])
      assert.equal((await ask(server, '/metrics', { headers: { host } })).status, 403, host);
    assert.match(await raw(server, 'GET /metrics HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403 /);
    assert.match(await raw(server, 'GET /metrics HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
  });

  it('only GET and HEAD, and HEAD without a body', async () => {
    const server = await start();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const answer = await ask(server, '/metrics', { method });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.allow, 'GET, HEAD');
    }
    const head = await ask(server, '/metrics', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body, '');
    assert.equal(head.headers['content-length'], '5');
  });

  it('a path that is none is 404, whatever it looks like; a query changes nothing', async () => {
    const server = await start();
    for (const path of [
      '/',
      '/metrics/',
      '/METRICS',
      '/../metrics',
      '//metrics',
      '/__proto__',
      '/constructor',
    ])
      assert.equal((await ask(server, path)).status, 404, path);
    assert.equal((await ask(server, '/metrics?x=1')).status, 200);
  });

  it('no CORS, no framing, no guessing of types, nothing kept', async () => {
    const server = await start();
    const { headers } = await ask(server, '/metrics', { headers: { origin: 'https://evil.example' } });
    for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control-/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  });

  it('scripts of other sites are sent away; a link from there may lead here', async () => {
    const server = await start();
    const from = (site: string, mode: string): Promise<Answer> =>
      ask(server, '/metrics', { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode } });
    assert.equal((await from('cross-site', 'no-cors')).status, 403);
    assert.equal((await from('same-site', 'cors')).status, 403);
    assert.equal((await from('cross-site', 'navigate')).status, 200);
    assert.equal((await from('same-origin', 'cors')).status, 200);
    assert.equal((await from('none', 'navigate')).status, 200);
  });

  it('bodies and oversized heads are refused', async () => {
    const server = await start();
    assert.equal(
      (await ask(server, '/metrics', { headers: { 'content-length': '5' }, body: 'hello' })).status,
      413,
    );
    assert.equal((await ask(server, `/${'x'.repeat(9000)}`)).status, 431);
    assert.equal((await ask(server, '/metrics', { headers: { 'x-long': 'x'.repeat(9000) } })).status, 431);
    assert.match(await raw(server, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.equal((await ask(server, '/metrics')).status, 200);
  });

  it('connections beyond 64 are not taken', async () => {
    const server = await start();
    const port = Number(new URL(server.url).port);
    const open = () =>
      new Promise<{ refused: boolean; end(): void }>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        const end = (): void => void socket.destroy();
        socket.on('error', () => undefined);
        socket.on('close', () => resolve({ refused: true, end }));
        // One that was taken answers.
        socket.on('connect', () => socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'));
        socket.on('data', () => resolve({ refused: false, end }));
      });
    const all = await Promise.all(Array.from({ length: 70 }, open));
    assert.equal(all.filter(({ refused }) => refused).length, 6);
    for (const { end } of all) end();
  });

  it('a route that fails says nothing of why', async () => {
    const server = await start();
    const answer = await ask(server, '/broken');
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.body, /secret/);
  });
});

describe('names of a host', () => {
  it('loopback is what no other machine reaches', () => {
    for (const host of ['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LocalHost'])
      assert.ok(isLoopback(host), host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.evil', '127.0.0.1.nip.io', ''])
      assert.ok(!isLoopback(host), host);
  });

  it('beyond loopback: any address, since nobody can rebind one, and names that were given', () => {
    const names = new HostNames('0.0.0.0', ['metrics.internal']);
    for (const host of ['192.168.1.5:9464', '[fe80::1]:9464', 'metrics.internal', 'Metrics.Internal:1'])
      assert.ok(names.allow(host), host);
    for (const host of ['evil.example', 'metrics.internal.evil.example', '', undefined])
      assert.ok(!names.allow(host), host);
  });
});
