// Mail by its pages: an address is confirmed and a forgotten password replaced by the links in real messages, which a real SMTP server took.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { freePort, output, Platform, until } from './platform.mjs';

const python = '/usr/bin/python3';
const skip = spawnSync(python, ['-c', 'import aiosmtpd']).status === 0 ? false : 'there is no aiosmtpd; RUNLEVEL=1 scripts/setup login installs it';

const address = 'lea@example.org';
let platform;
let server;
let browser;
let page;
const complaints = [];

/** An SMTP server at this port that puts what it is given into a folder, and that folder. */
async function startServer(folder, port) {
  const inbox = path.join(folder, 'inbox');
  server = spawn(python, ['-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Mailbox', inbox], { stdio: 'ignore' });
  await until(() => new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true); });
    probe.once('error', () => resolve(false));
  }), 'the mail server listening');
  return path.join(inbox, 'new');
}

function textOf(message) {
  const [head, ...body] = message.replaceAll('\r\n', '\n').split('\n\n');
  const text = body.join('\n\n');
  return /^content-transfer-encoding: *base64$/im.test(head) ? Buffer.from(text, 'base64').toString() : text;
}

let inbox;
let confirmation;
const read = new Set();

/** The link in the next message. */
async function link() {
  const file = await until(() => fs.existsSync(inbox) && fs.readdirSync(inbox).find((name) => !read.has(name)), 'a message', 120);
  read.add(file);
  const message = fs.readFileSync(path.join(inbox, file), 'utf8');
  assert.match(message, new RegExp(`^To: ${address}$`, 'm'));
  return textOf(message).match(/https?:\S+#\S+/)[0];
}

const picture = (name) => page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });

async function logIn(password) {
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill('lea');
  await page.getByTestId('login-password').fill(password);
  await page.getByTestId('login-submit').click();
}

const home = () => page.waitForURL((url) => url.pathname === '/');

before(async () => {
  if (skip) return;
  fs.mkdirSync(output, { recursive: true });
  const [port, mailPort] = [await freePort(), await freePort()];
  platform = new Platform([
    `server.public_url=http://127.0.0.1:${port}`, 'mail.server=127.0.0.1', `mail.port=${mailPort}`, 'mail.security=none', 'mail.from=carrel@example.org',
  ], port);
  inbox = await startServer(platform.folder, mailPort);
  platform.addUser('lea', 'leader');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  page = await (await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 } })).newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
});

after(async () => {
  await browser?.close();
  await platform?.stop();
  server?.kill();
});

test('an address is confirmed by the link that was sent to it', { skip }, async () => {
  await logIn(platform.password);
  await home();
  await page.goto(`${platform.url}/profile`);
  await page.getByLabel('E-mail').fill(address);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByTestId('email-state').getByText('A message is on its way').waitFor();
  await picture('mail-unconfirmed');
  confirmation = await link();
  await page.goto(confirmation);
  await picture('mail-confirm');
  await page.getByTestId('email-confirm').click();
  await page.getByTestId('email-confirmed').getByText(address).waitFor();
  await picture('mail-confirmed');
  // The secret stands in the part of the address that no server is sent, and not in the history either.
  assert.equal(new URL(page.url()).hash, '');
});

test('a link is good once', { skip }, async () => {
  // In the tab that has just used it: only what stands behind "#" changes.
  await page.goto(confirmation);
  await page.getByTestId('email-confirm').click();
  await page.getByTestId('email-stale').waitFor();
  await picture('mail-stale');
});

test('a forgotten password is replaced, and the old one is none any more', { skip }, async () => {
  const elsewhere = await platform.person(browser, 'lea');
  await page.context().clearCookies();
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('forgot-password').click();
  await page.getByTestId('reset-account').fill(address);
  await picture('mail-forgot');
  await page.getByTestId('reset-ask').click();
  await page.getByTestId('reset-asked').waitFor();
  await picture('mail-asked');
  const where = await link();
  await page.goto(where);
  await page.getByTestId('reset-password').fill('short');
  await page.getByTestId('reset-submit').click();
  await picture('mail-reset');
  const chosen = 'four green turtles swim';
  await page.getByTestId('reset-password').fill(chosen);
  await page.getByTestId('reset-submit').click();
  await page.getByTestId('reset-done').waitFor();
  assert.equal((await elsewhere.context.request.get(`${platform.url}/api/v1/me`)).status(), 401);

  await logIn(platform.password);
  await page.getByText('User name or password is wrong.').waitFor();
  await logIn(chosen);
  await home();

  await page.goto(where);
  await page.getByTestId('reset-password').fill('nine blue whales sing');
  await page.getByTestId('reset-submit').click();
  await page.getByTestId('reset-stale').waitFor();
});

test('whoever asks for an account that is not there is told the same, and nobody is written to', { skip }, async () => {
  const before = fs.readdirSync(inbox).length;
  await page.context().clearCookies();
  await page.goto(`${platform.url}/forgot-password`);
  await page.getByTestId('reset-account').fill('nobody@example.org');
  await page.getByTestId('reset-ask').click();
  await page.getByTestId('reset-asked').waitFor();
  assert.equal(fs.readdirSync(inbox).length, before);
});

test('the pages said nothing wrong', { skip }, () => {
  assert.deepEqual(complaints, []);
});
