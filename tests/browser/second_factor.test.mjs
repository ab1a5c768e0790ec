// Logging in in two steps, in a browser with a virtual security key, and with an app's codes computed here.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, until } from './platform.mjs';

const platform = new Platform();
let browser;

before(async () => {
  for (const name of ['ada', 'bob']) platform.addUser(name, 'leader');
  await platform.start();
  // Keys know names, not addresses.
  platform.url = platform.url.replace('127.0.0.1', 'localhost');
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP localhost 127.0.0.1'],
  });
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

const steps = new Map();

/** A code that is good now and was not given for this secret before (RFC 6238). */
async function code(secret) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = await until(() => {
    const now = Math.floor(Date.now() / 30_000);
    return [now, now + 1].find((one) => one > (steps.get(secret) ?? 0));
  }, 'a fresh code');
  steps.set(secret, step);
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(message).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function windowOf(name) {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  page.setDefaultTimeout(60_000);
  await giveThePassword(page, name);
  return page;
}

async function giveThePassword(page, name) {
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill(name);
  await page.getByTestId('login-password').fill(platform.password);
  await page.getByTestId('login-submit').click();
}

const home = (page) => page.waitForURL((url) => url.pathname === '/');
const status = async (page) => (await page.request.get(`${platform.url}/api/v1/me`)).status();

async function logOut(page) {
  await page.getByRole('button', { name: 'Log out' }).click();
  await until(async () => (await status(page)) === 401, 'being logged out');
}

test('an app and its recovery codes are the second step', async () => {
  const page = await windowOf('ada');
  await home(page);
  await page.goto(`${platform.url}/profile`);
  await page.getByTestId('add-app').click();
  await page.getByAltText('QR code with the secret').waitFor();
  const secret = await page.getByTestId('app-secret').inputValue();
  await page.getByTestId('app-code').fill(await code(secret));
  await page.getByTestId('app-done').click();
  const codes = (await page.getByTestId('recovery-codes').innerText()).trim().split('\n');
  assert.equal(codes.length, 10);
  await page.getByTestId('factor-totp').waitFor();
  await logOut(page);

  await giveThePassword(page, 'ada');
  await page.getByTestId('step-code').fill('000000');
  await page.getByTestId('step-submit').click();
  await page.getByText('The code is wrong, or was used before.').waitFor();
  assert.equal(await status(page), 401);
  await page.getByTestId('step-code').fill(await code(secret));
  await page.getByTestId('step-submit').click();
  await home(page);
  await logOut(page);

  await giveThePassword(page, 'ada');
  await page.getByTestId('step-code').fill(codes[0]);
  await page.getByTestId('step-submit').click();
  await home(page);
  await page.goto(`${platform.url}/profile`);
  await page.getByText('Recovery codes left: 9').waitFor();
});

test('a security key is set up, used, and removed', async () => {
  const page = await windowOf('bob');
  await home(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false, automaticPresenceSimulation: true },
  });
  await page.goto(`${platform.url}/profile`);
  await page.getByTestId('add-key').click();
  await page.getByTestId('recovery-codes').waitFor();
  await page.getByTestId('factor-webauthn').waitFor();
  await logOut(page);

  for (let times = 0; times < 2; ++times) {
    await giveThePassword(page, 'bob');
    await page.getByTestId('use-key').click();
    await home(page);
    if (times === 0) await logOut(page);
  }
  await page.goto(`${platform.url}/profile`);
  await page.getByTestId('factor-webauthn').getByRole('button', { name: 'Remove' }).click();
  await page.getByTestId('confirm').click();
  await page.getByText('None. Your password alone is enough to log in.').waitFor();
  await logOut(page);
  await giveThePassword(page, 'bob');
  await home(page);
});

test('how hard a new password is to guess is shown while it is typed, and the server refuses the first guesses', async () => {
  const page = await windowOf('bob');
  await home(page);
  await page.goto(`${platform.url}/profile`);
  const strength = page.getByTestId('password-strength');
  await page.getByLabel('New password').fill('Passwort2026!');
  await strength.waitFor();
  await page.getByLabel('Present password').fill(platform.password);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText(/among the first that anybody would try/).waitFor();
  await page.getByLabel('New password').fill('vier alte Kraniche ueber Celle');
  await until(async () => (await strength.getAttribute('data-score')) === '4', 'a good password');
});
