// A real Carrel for a browser test: `carrel serve` on a free port with a data folder of its own.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(top, 'build/release/carrel');
const environment = path.join(top, 'build/notebook/environment.toml');

export const output = path.join(top, 'tests/browser/output');

export async function until(condition, what, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`${what} did not come true within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function runtimeFolder(data) {
  const hash = createHash('sha256').update(fs.realpathSync(data)).digest('hex').slice(0, 12);
  if (process.getuid() === 0) return `/run/carrel/${hash}`;
  const session = process.env.XDG_RUNTIME_DIR;
  if (session && fs.existsSync(session)) return path.join(session, 'carrel', hash);
  return `/tmp/carrel-${process.getuid()}/${hash}`;
}

/** A port that nobody listens on, below those that the system gives to outgoing connections meanwhile. */
export async function freePort() {
  const [firstEphemeral] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  for (;;) {
    const server = net.createServer();
    const bound = new Promise((resolve) => { server.once('listening', () => resolve(true)).once('error', () => resolve(false)); });
    server.listen(randomInt(10_000, Math.max(firstEphemeral, 20_000)), '127.0.0.1');
    if (!(await bound)) continue;
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
  }
}

export class Platform {
  /** `settings` are those of --set: ["server.tls=self-signed", …]. */
  constructor(settings = [], port = 0) {
    this.settings = settings;
    this.port = port;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carrel-browser-'));
    fs.chmodSync(this.folder, 0o755);
    this.data = path.join(this.folder, 'data');
    fs.mkdirSync(this.data);
    this.password = randomBytes(12).toString('base64url');
  }

  addUser(name, role) {
    execFileSync(program, ['user', 'add', name, '--role', role, '--password-stdin', '--data', this.data], {
      input: `${this.password}\n`,
    });
  }

  async start() {
    const log = fs.openSync(path.join(this.folder, 'log'), 'a');
    this.process = spawn(
      program,
      ['serve', '--config', environment, '--data', this.data, '--port', String(this.port),
        ...['dispatcher.tick_seconds=0.5', 'dispatcher.lead_seconds=60', ...this.settings].flatMap((one) => ['--set', one])],
      { stdio: ['ignore', log, log] },
    );
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    const portFile = path.join(runtimeFolder(this.data), 'port');
    const port = await until(
      () => fs.existsSync(portFile) && fs.readFileSync(portFile, 'utf8').trim(), 'a port', 30);
    this.url = `http://127.0.0.1:${port}`;
    await until(() => this.log().includes('Carrel is ready'), 'readiness', 30);
  }

  /** Somebody who is logged in, with a browser window of their own; `call` is a call of the API as them. */
  async person(browser, name, options = {}) {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 }, ...options });
    const session = await context.request.post(`${this.url}/api/v1/session`, { data: { username: name, password: this.password } });
    assert.ok(session.ok(), await session.text());
    const headers = { 'X-CSRF-Token': (await session.json()).csrf_token };
    const call = async (method, where, data) => {
      const answer = await context.request.fetch(this.url + where, { method, data, headers });
      assert.ok(answer.ok(), `${method} ${where}: ${answer.status()} ${await answer.text()}`);
      return answer.status() === 204 ? null : answer.json();
    };
    return { name, context, call };
  }

  /** Requests a course without an end, in the first environment there is; that is its name. */
  async request(slug, leader) {
    const [{ name: environment }] = (await leader.call('GET', '/api/v1/options')).environments;
    await leader.call('POST', '/api/v1/courses', {
      slug, name: 'Bird songs', description: 'Listening to birds.', starts_at: new Date().toISOString().replace(/\.\d+/, ''), ends_at: null,
      expected_participants: 5, resources: { cpu: 1, memory_gib: 1, storage_gib: 1 }, environment,
    });
    return environment;
  }

  /** The same, accepted and deployed. */
  async deploy(slug, leader, governor) {
    const environment = await this.request(slug, leader);
    await governor.call('POST', `/api/v1/courses/${slug}/accept`, {});
    await until(async () => (await leader.call('GET', `/api/v1/courses/${slug}`)).state === 'deployed', 'the course being deployed');
    return environment;
  }

  async stop() {
    if (this.process) {
      this.process.kill('SIGINT');
      await this.ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  log() {
    return fs.readFileSync(path.join(this.folder, 'log'), 'utf8');
  }
}
