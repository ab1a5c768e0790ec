// Logging in with a real provider (tests/oidc_provider) by the buttons: from the log-in page, an invitation, and a profile.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { freePort, Platform, until } from './platform.mjs';

const tests = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const program = path.join(tests, 'oidc_provider/provider.mjs');
const skip = fs.existsSync(path.join(tests, 'oidc_provider/node_modules/oidc-provider')) ? false : 'npm packages of tests/oidc_provider are missing';

let platform;
let provider;
let browser;

const accounts = {
  ada: { preferred_username: 'Ada.Lovelace', name: 'Ada Lovelace' },
  guest: { preferred_username: 'guest-of-honour', name: 'Guest of Honour' },
  lea: { preferred_username: 'lea' },
  leaelse: { preferred_username: 'lea-elsewhere' },
};

/** A provider for the platform at this port; its certificate is its own authority. */
async function startProvider(folder, carrelPort) {
  const port = await freePort();
  const file = (name) => path.join(folder, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('provider.key'), '-out', file('provider.pem')], { stdio: 'ignore' });
  fs.writeFileSync(file('accounts.json'), JSON.stringify(accounts));
  fs.writeFileSync(file('provider.json'), JSON.stringify({
    port, certificate: file('provider.pem'), key: file('provider.key'), accounts: file('accounts.json'), keys: file('keys.json'),
    redirect_uris: [`http://127.0.0.1:${carrelPort}/login/campus/callback`], log_out_uris: [`http://127.0.0.1:${carrelPort}/login`],
  }));
  const log = fs.openSync(file('provider.log'), 'a');
  const process = spawn('node', [program, file('provider.json')], { stdio: ['ignore', log, log] });
  await until(() => fs.readFileSync(file('provider.log'), 'utf8').includes('ready'), 'the provider being ready');
  return { process, port, certificate: file('provider.pem') };
}

async function visitor(locale = 'en-GB') {
  const context = await browser.newContext({ locale, ignoreHTTPSErrors: true });
  // The provider's own pages ask for a font of another site.
  await context.route(/googleapis/, (route) => route.abort());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

async function logInThere(page, name) {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('whatever');
  await page.getByRole('button', { name: 'Sign-in' }).click();
}

const me = async (page) => (await page.request.get(`${platform.url}/api/v1/me`)).json();

before(async () => {
  if (skip) return;
  const port = await freePort();
  platform = new Platform([], port);
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  provider = await startProvider(platform.folder, port);
  platform.settings.push(...Object.entries({
    kind: 'oidc', title: 'Campus', issuer: `https://localhost:${provider.port}`, client_id: 'carrel-ES256',
    client_secret: 'a secret: with / and +%', ca_file: provider.certificate,
  }).map(([key, value]) => `logins.campus.${key}=${value}`));
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  await platform?.stop();
  provider?.process.kill();
});

test('the button leads there and back to where one was going', { skip }, async () => {
  const page = await visitor();
  // The button stands beside the password form.
  await page.goto(`${platform.url}/login?next=%2Fprofile`);
  await page.getByTestId('login-username').waitFor();
  await page.getByRole('link', { name: 'Log in with Campus' }).click();
  await logInThere(page, 'ada');
  await page.waitForURL(`${platform.url}/profile`);
  await page.getByRole('heading', { name: 'Other ways to log in' }).waitFor();
  await page.getByText('Joined as Ada.Lovelace').waitFor();
  assert.equal((await me(page)).username, 'ada.lovelace');
  await page.getByTestId('logout').first().click();
  await until(async () => (await page.request.get(`${platform.url}/api/v1/me`)).status() === 401, 'being logged out');
});

test('an invitation is accepted with an account elsewhere', { skip }, async () => {
  const lea = await platform.person(browser, 'lea');
  const greta = await platform.person(browser, 'greta');
  await platform.deploy('birds', lea, greta);
  const { code } = await lea.call('GET', '/api/v1/courses/birds/invitation');
  const page = await visitor();
  await page.goto(`${platform.url}/join/${code}`);
  await page.getByRole('link', { name: 'Go on with Campus' }).click();
  await logInThere(page, 'guest');
  await page.waitForURL(`${platform.url}/join/${code}`);
  await page.getByTestId('apply').click();
  await page.getByTestId('application-pending').waitFor();
});

test('a name is no proof, and its owner joins the log-in', { skip }, async () => {
  const page = await visitor('de-DE');
  await page.goto(`${platform.url}/login`);
  await page.getByRole('link', { name: 'Mit Campus anmelden' }).click();
  await logInThere(page, 'lea');
  await page.getByTestId('login-problem').getByText('Den Namen, den Campus Ihnen gibt, hat hier schon jemand.').waitFor();

  const lea = await platform.person(browser, 'lea', { ignoreHTTPSErrors: true });
  await lea.context.route(/googleapis/, (route) => route.abort());
  const profile = await lea.context.newPage();
  profile.setDefaultTimeout(60_000);
  await profile.goto(`${platform.url}/profile`);
  await profile.getByTestId('join-login-campus').click();
  await logInThere(profile, 'leaelse');
  await profile.getByTestId('login-joined').waitFor();
  await profile.getByText('Joined as lea-elsewhere').waitFor();

  const fresh = await visitor();
  await fresh.goto(`${platform.url}/login`);
  await fresh.getByTestId('login-with-campus').click();
  await logInThere(fresh, 'leaelse');
  await fresh.waitForURL((url) => url.port === new URL(platform.url).port && url.pathname === '/');
  assert.equal((await me(fresh)).username, 'lea');

  await profile.getByTestId('part-login-campus').click();
  await profile.getByTestId('confirm').click();
  await profile.getByText('Not joined').waitFor();
});
