// The buttons that a course's life does not need: profile, tokens, accounts, refusals. Each does what it says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform } from './platform.mjs';

const platform = new Platform();
let browser;

/** A page of somebody who is logged in, by the form. */
async function logIn(name, password = platform.password) {
  const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill(name);
  await page.getByTestId('login-password').fill(password);
  await page.getByTestId('login-submit').click();
  return page;
}

const home = (page) => page.waitForURL((url) => url.pathname === '/');

/** Somebody whose page this is, as the server knows them. */
const me = async (page) => (await page.request.get(`${platform.url}/api/v1/me`)).json();

before(async () => {
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

test('a wrong password is said, and the right one still works', async () => {
  const page = await logIn('lea', 'not the password');
  await page.getByText('User name or password is wrong.').waitFor();
  await page.getByTestId('login-password').fill(platform.password);
  await page.getByTestId('login-submit').click();
  await home(page);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByTestId('login-username').or(page.getByRole('link', { name: 'Log in' })).first().waitFor();
  assert.equal((await page.request.get(`${platform.url}/api/v1/me`)).status(), 401);
});

test('a profile is changed, and the language with it', async () => {
  const page = await logIn('lea');
  await home(page);
  await page.goto(`${platform.url}/profile`);
  await page.getByLabel('Display name').fill('Lea Leader');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await me(page)).display_name, 'Lea Leader');
  await page.getByText('DE', { exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Profil' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Profil' }).waitFor();
  assert.equal((await me(page)).language, 'de');
  await page.getByText('EN', { exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor();
});

test('dark and light are a matter of choice, and kept', async () => {
  const page = await logIn('lea');
  await home(page);
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  const first = await scheme();
  await page.getByRole('button', { name: /dark|light|colou?r/i }).first().click();
  const second = await scheme();
  assert.notEqual(second, first);
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  assert.equal(await scheme(), second);
});

test('a token is shown once, works as far as it may, and ends when it is deleted', async () => {
  const page = await logIn('lea');
  await home(page);
  await page.goto(`${platform.url}/profile`);
  await page.getByLabel('What is it for?').fill('grading');
  for (const box of await page.getByRole('checkbox').all()) if ((await box.getAttribute('value')) !== 'courses:read') await box.uncheck();
  await page.getByTestId('create-token').click();
  const token = await page.getByTestId('new-token').inputValue();
  const ask = (path) => fetch(`${platform.url}${path}`, { headers: { Authorization: `Bearer ${token}` } }).then((answer) => answer.status);
  assert.equal(await ask('/api/v1/courses'), 200);
  assert.equal(await ask('/api/v1/tokens'), 403);
  await page.reload();
  await page.getByText('grading').waitFor();
  assert.equal(await page.getByTestId('new-token').count(), 0);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('confirm').click();
  await page.getByText('No tokens.').waitFor();
  assert.equal(await ask('/api/v1/courses'), 401);
});

test('an administrator adds an account, changes its role, closes it, and finds it in the audit log', async () => {
  const page = await logIn('greta');
  await home(page);
  await page.goto(`${platform.url}/admin`);
  await page.getByTestId('new-user').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User name').fill('otto');
  await dialog.getByLabel(/^Password/).fill(platform.password);
  await dialog.getByLabel('Leader').uncheck();
  await dialog.getByRole('button', { name: 'Add' }).click();
  const row = page.getByTestId('user-otto');
  await row.waitFor();

  const otto = await logIn('otto');
  await home(otto);
  assert.equal(await otto.getByText('Request a course').count(), 0);
  const changed = page.waitForResponse((answer) => answer.url().endsWith('/users/otto') && answer.ok());
  await row.getByText('Leader', { exact: true }).click();
  await changed;
  await otto.reload();
  await otto.getByText('Request a course').first().waitFor();

  const closed = page.waitForResponse((answer) => answer.url().endsWith('/users/otto') && answer.ok());
  await row.getByRole('switch', { name: 'May log in' }).click();
  await closed;
  const again = await logIn('otto');
  await again.getByRole('alert').first().waitFor();
  assert.equal((await again.request.get(`${platform.url}/api/v1/me`)).status(), 401);

  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('greta made the account otto').waitFor();
});

test('a request is checked as one types, rejected with a reason, and says so', async () => {
  const lea = await logIn('lea');
  await home(lea);
  await lea.goto(`${platform.url}/courses/new`);
  await lea.getByLabel(/^Name/).fill('Bird songs');
  await lea.getByText('Altogether, for 25 participants').waitFor();
  const short = lea.getByLabel(/^Short name/);
  await short.fill('../etc');
  await short.blur();
  assert.equal(await short.getAttribute('aria-invalid'), 'true');
  await short.fill('bird-songs');
  await lea.getByTestId('request-submit').click();
  await lea.waitForURL(/\/courses\/bird-songs/);

  await lea.goto(`${platform.url}/courses/new`);
  await lea.getByLabel(/^Name/).fill('Bird songs again');
  await short.fill('bird-songs');
  await lea.getByText(/taken/).first().waitFor();

  const greta = await logIn('greta');
  await home(greta);
  await greta.goto(`${platform.url}/governance`);
  await greta.getByTestId('reject-bird-songs').click();
  await greta.getByTestId('confirm-reason').fill('Birds sing outside.');
  await greta.getByTestId('confirm').click();
  await greta.getByTestId('reject-bird-songs').waitFor({ state: 'detached' });
  await lea.goto(`${platform.url}/courses/bird-songs/manage`);
  await lea.getByText('Birds sing outside.').first().waitFor();
});

test('a new invitation replaces the old one, whose page says what to do', async () => {
  const lea = await logIn('lea');
  await home(lea);
  await lea.goto(`${platform.url}/courses/new`);
  await lea.getByLabel(/^Name/).fill('Whale songs');
  await lea.getByTestId('request-submit').click();
  await lea.waitForURL(/\/courses\/whale-songs/);
  await lea.goto(`${platform.url}/courses/whale-songs/manage`);
  const link = lea.getByTestId('invitation-url');
  await link.waitFor();
  const old = await link.inputValue();
  await lea.getByTestId('rotate-invitation').click();
  await lea.getByTestId('confirm').click();
  await lea.getByText('This is the new link.').waitFor();
  assert.notEqual(await link.inputValue(), old);
  const visitor = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await visitor.goto(platform.url + new URL(old).pathname);
  await visitor.getByText('This invitation is not valid').waitFor();
  await visitor.getByText(/Ask the course's leader/).waitFor();
});

test('other browsers are listed, and logged out from here', async () => {
  const page = await logIn('lea');
  await home(page);
  const elsewhere = await (await browser.newContext({ locale: 'en-GB', userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' })).newPage();
  const session = await elsewhere.request.post(`${platform.url}/api/v1/session`, { data: { username: 'lea', password: platform.password } });
  assert.ok(session.ok());
  await page.goto(`${platform.url}/profile`);
  const row = page.getByTestId('other-session').filter({ hasText: 'Firefox on Windows' });
  await row.getByText('from 127.0.0.1').waitFor();
  await page.getByTestId('this-session').getByText('this one').waitFor();
  await row.getByRole('button', { name: 'End' }).click();
  await page.getByTestId('confirm').click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await elsewhere.request.get(`${platform.url}/api/v1/me`)).status(), 401);
  assert.equal((await me(page)).username, 'lea');
});

test('a changed password is the only good one, and other browsers are logged out', async () => {
  const page = await logIn('lea');
  await home(page);
  const elsewhere = await logIn('lea');
  await home(elsewhere);
  await page.goto(`${platform.url}/profile`);
  await page.getByLabel('Present password').fill(platform.password);
  await page.getByLabel('New password').fill('another long password');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('The password is changed.').waitFor();
  assert.equal((await elsewhere.request.get(`${platform.url}/api/v1/me`)).status(), 401);
  await home(await logIn('lea', 'another long password'));
  await (await logIn('lea')).getByText('User name or password is wrong.').waitFor();
});
