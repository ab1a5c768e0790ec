// Removing a person: no way past the choice, and bringing back whose files were kept.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, until } from './platform.mjs';

const platform = new Platform();
let browser;

async function logIn(name) {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill(name);
  await page.getByTestId('login-password').fill(platform.password);
  await page.getByTestId('login-submit').click();
  await page.waitForURL((url) => url.pathname === '/');
  return page;
}

async function remove(page, name, choice) {
  await page.getByTestId(`remove-${name}`).click();
  assert.equal(await page.getByTestId('removal-confirm').isDisabled(), true, 'nothing is chosen yet');
  await page.getByTestId(`leftovers-${choice}`).check();
  await page.getByTestId('removal-confirm').click();
  await page.getByTestId(`removal-${name}`).waitFor();
}

before(async () => {
  platform.addUser('greta', 'administrator');
  platform.addUser('ada', 'leader');
  platform.addUser('bob', 'participant');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

test('a person is removed, and brought back when the files were kept', async () => {
  const ada = await logIn('ada');
  const greta = await logIn('greta');
  await greta.goto(`${platform.url}/admin`);
  await remove(greta, 'ada', 'keep');
  await greta.getByTestId('user-ada').waitFor({ state: 'detached' });
  await until(async () => (await ada.request.get(`${platform.url}/api/v1/me`)).status() === 401, 'ada being out');
  await greta.getByTestId('removal-ada').getByText('files kept').waitFor();
  await greta.getByTestId('bring-back-ada').click();
  await greta.getByTestId('confirm').click();
  await greta.getByTestId('user-ada').waitFor();
  assert.equal(await greta.getByTestId('removal-ada').count(), 0);
});

test('deleted is deleted, and the name stays in the list of who was removed', async () => {
  const greta = await logIn('greta');
  await greta.goto(`${platform.url}/admin`);
  await remove(greta, 'bob', 'delete');
  await greta.getByTestId('removal-bob').getByText('files deleted').waitFor();
  assert.equal(await greta.getByTestId('bring-back-bob').count(), 0);
});
