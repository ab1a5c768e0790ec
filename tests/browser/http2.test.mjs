// A page and its WebSocket over one HTTP/2 connection, in a real Chromium.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../build/release/carrel');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carrel-http2-'));
const file = (name) => path.join(folder, name);
const upgrades = [];
let browser;
let proxy;
let upstream;
let port;

const page = `<!doctype html><title>one</title><script>
  const socket = new WebSocket('wss://' + location.host + '/ws', ['v1']);
  const answers = [];
  socket.onopen = () => { for (let i = 0; i < 100; ++i) socket.send('message ' + i); };
  socket.onmessage = (event) => { answers.push(event.data); if (answers.length === 100) socket.close(1000); };
  window.ended = new Promise((resolve) => { socket.onclose = (event) => resolve({ code: event.code, answers, protocol: socket.protocol }); });
</script>`;

/** Sends each short masked frame back unmasked, until a close frame. */
function echo(socket) {
  let pending = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 6) {
      const size = pending[1] & 0x7f;
      if (pending.length < 6 + size) return;
      const mask = pending.subarray(2, 6);
      const data = Buffer.from(pending.subarray(6, 6 + size)).map((byte, i) => byte ^ mask[i % 4]);
      const closes = (pending[0] & 0x0f) === 8;
      socket.write(Buffer.concat([Buffer.from([pending[0], size]), data]));
      pending = pending.subarray(6 + size);
      if (closes) socket.end();
    }
  });
}

before(async () => {
  upstream = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(page);
  });
  upstream.on('upgrade', (request, socket) => {
    upgrades.push(request.rawHeaders);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      + `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v1\r\n\r\n`);
    echo(socket);
  });
  await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-keyout', file('key.pem'), '-out', file('certificate.pem')], { stdio: 'ignore' });
  proxy = spawn(program, ['proxy', '--ip', '127.0.0.1', '--port', '0', '--port-file', file('port'),
    '--api-socket', file('api.sock'), '--ssl-key', file('key.pem'), '--ssl-cert', file('certificate.pem'),
    '--default-target', `http://127.0.0.1:${upstream.address().port}`], { stdio: 'inherit' });
  while (!fs.existsSync(file('port'))) {
    assert.equal(proxy.exitCode, null);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  port = fs.readFileSync(file('port'), 'utf8').trim();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  if (proxy) {
    const ended = new Promise((resolve) => proxy.once('exit', resolve));
    proxy.kill('SIGTERM');
    await ended;
  }
  upstream?.closeAllConnections();
  upstream?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('a page and its WebSocket share an HTTP/2 connection', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const tab = await context.newPage();
  await tab.goto(`https://localhost:${port}/`);
  assert.equal(await tab.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');
  const { code, answers, protocol } = await tab.evaluate(() => window.ended);
  assert.deepEqual(answers, Array.from({ length: 100 }, (_, i) => `message ${i}`));
  assert.equal(protocol, 'v1');
  assert.equal(code, 1000);
  // Names of fields are in lower case only when they came over HTTP/2.
  assert.equal(upgrades.length, 1);
  assert.ok(upgrades[0].includes('sec-websocket-version'), String(upgrades[0]));
});
