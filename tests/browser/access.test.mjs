// Who may in: an administrator's page, and what somebody reads who is not let in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, until } from './platform.mjs';

const platform = new Platform();
let browser;

async function openPage(locale = 'en-GB') {
  const page = await (await browser.newContext({ locale })).newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

/** Fills in the form; whether somebody gets in is another matter. */
async function tryToLogIn(name, locale) {
  const page = await openPage(locale);
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill(name);
  await page.getByTestId('login-password').fill(platform.password);
  await page.getByTestId('login-submit').click();
  return page;
}

async function logIn(name) {
  const page = await tryToLogIn(name);
  await page.waitForURL((url) => url.pathname === '/');
  return page;
}

const status = async (page) => (await page.request.get(`${platform.url}/api/v1/me`)).status();

async function add(page, list, value) {
  await page.getByTestId('access-list').selectOption(list);
  await page.getByTestId('access-value').fill(value);
  await page.getByTestId('access-add').click();
}

before(async () => {
  platform.addUser('greta', 'administrator');
  platform.addUser('ada', 'leader');
  platform.addUser('mallory', 'participant');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

test('somebody who is denied is out, reads why, and may in again', async () => {
  const mallory = await logIn('mallory');
  const greta = await logIn('greta');
  await greta.goto(`${platform.url}/admin`);
  await greta.getByTestId('access-link').click();
  await greta.getByRole('heading', { level: 1, name: 'Who may in' }).waitFor();
  await greta.getByText('Everybody who has an account may in, unless a list denies it.').waitFor();

  await add(greta, 'deny', ' Mallory ');
  await greta.getByTestId('access-deny').getByText('mallory', { exact: true }).waitFor();
  await until(async () => (await status(mallory)) === 401, 'mallory being out');
  const refused = await tryToLogIn('mallory');
  await refused.getByText('This account may not use this hub. Ask whoever runs it.').waitFor();
  const german = await tryToLogIn('mallory', 'de-DE');
  await german.getByText('Dieses Konto darf diesen Hub nicht benutzen. Fragen Sie die Betreiber.').waitFor();

  await greta.goto(`${platform.url}/admin`);
  await greta.getByTestId('user-mallory').getByText('denied').waitFor();
  await greta.goto(`${platform.url}/admin/access`);
  await greta.getByTestId('access-remove-deny-mallory').click();
  await greta.getByTestId('confirm').click();
  await greta.getByText('There are no lists: everybody who has an account may in.').waitFor();
  assert.equal(await status(await logIn('mallory')), 200);
});

test('with a list others stay out, and a mistake is said', async () => {
  const greta = await logIn('greta');
  await greta.goto(`${platform.url}/admin/access`);
  await add(greta, 'allow', 'ada');
  await greta.getByText('Only those who are listed may in, and administrators.').waitFor();
  const refused = await tryToLogIn('mallory');
  await refused.getByText("This account is not on this hub's list. Ask whoever runs it.").waitFor();
  await add(greta, 'deny', 'greta');
  await greta.getByText('Nobody shuts themselves out; another administrator has to.').waitFor();
  await add(greta, 'allow', '..');
  await greta.getByText("'..' is no user name").waitFor();
  await greta.getByTestId('access-remove-allow-ada').click();
  await greta.getByTestId('confirm').click();
  await greta.getByText('There are no lists: everybody who has an account may in.').waitFor();
});
