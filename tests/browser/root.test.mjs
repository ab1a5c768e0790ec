// The hub at "/" as somebody knows it who comes from a JupyterHub: its addresses, its pages, by clicking, in a real Chromium.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, output } from './platform.mjs';

const platform = new Platform(['hub.root_course=birds']);
let browser;
let page;
const complaints = [];

const picture = (name) => page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });
const pathname = () => new URL(page.url()).pathname;

before(async () => {
  fs.mkdirSync(output, { recursive: true });
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  platform.addUser('ada', 'participant');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const [greta, lea, ada] = await Promise.all(['greta', 'lea', 'ada'].map((name) => platform.person(browser, name)));
  await platform.deploy('birds', lea, greta);
  const { code } = await lea.call('GET', '/api/v1/courses/birds/invitation');
  await ada.call('POST', `/api/v1/invitations/${code}/applications`, {});
  await lea.call('POST', '/api/v1/courses/birds/participants/ada/accept', {});
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 } });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

test('a link for everybody leads through the log-in and the start into the notebook', async () => {
  await page.goto(`${platform.url}/hub/user-redirect/lab`);
  assert.equal(pathname(), '/hub/login');
  await picture('root-login');
  await page.locator('input[name=username]').fill('ada');
  await page.locator('input[name=password]').fill(platform.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL((url) => url.pathname.startsWith('/user/ada/lab'));
  await page.locator('#jp-main-dock-panel, #jp-main-content-panel').first().waitFor();
  await picture('root-lab');
});

test('the home of the hub shows the server, and where it was stopped it says so', async () => {
  await page.goto(`${platform.url}/hub/home`);
  assert.equal(await page.getByTestId('open-server').getAttribute('href'), '/user/ada/');
  await picture('root-home');
  await page.getByTestId('stop-server').click();
  await page.getByTestId('confirm').click();
  await page.getByTestId('start-server').waitFor();
  const stopped = await page.goto(`${platform.url}/user/ada/lab`);
  assert.equal(stopped.status(), 424);
  await picture('root-stopped');
});

test('the pages said nothing wrong', () => {
  assert.deepEqual(complaints, []);
});
