// A person's second server, and somebody let into it, by clicking, in a real Chromium: wide and narrow, light and dark.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, output, until } from './platform.mjs';

const platform = new Platform(['hub.sharing=true']);
const people = {};
let browser;

async function logIn(name, more = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 }, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const session = await context.request.post(`${platform.url}/api/v1/session`, { data: { username: name, password: platform.password } });
  assert.ok(session.ok(), await session.text());
  const { csrf_token: token } = await session.json();
  /** A call of the API as this person. */
  const call = async (method, where, data) => {
    const answer = await context.request.fetch(platform.url + where, { method, data, headers: { 'X-CSRF-Token': token } });
    assert.ok(answer.ok(), `${method} ${where}: ${answer.status()} ${await answer.text()}`);
    return answer.status() === 204 ? null : answer.json();
  };
  people[name] = { name, context, page, call };
  return people[name];
}

const picture = (page, name) => page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });

/** The page of the course in every light it is seen in. */
async function pictures(name) {
  const storageState = await people.ada.context.storageState();
  for (const [kind, more] of Object.entries({
    light: { viewport: { width: 1280, height: 860 } },
    dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
    phone: { viewport: { width: 360, height: 740 } },
    'phone-dark-german': { viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'de-DE' },
  })) {
    const context = await browser.newContext({ locale: 'en-GB', storageState, ...more });
    const page = await context.newPage();
    await page.goto(`${platform.url}/courses/birds`);
    await page.getByTestId('server-évaluation 2').waitFor();
    const sharing = page.getByTestId('let-in');
    if (await sharing.count()) await sharing.click();
    await picture(page, `${name}-${kind}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${kind}: the page is ${overflow} px too wide`);
    await context.close();
  }
}

before(async () => {
  fs.mkdirSync(output, { recursive: true });
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  for (const name of ['ada', 'bob']) platform.addUser(name, 'participant');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  for (const name of ['greta', 'lea', 'ada', 'bob']) await logIn(name);
  const { greta, lea, ada, bob } = people;
  const { environments } = await lea.call('GET', '/api/v1/options');
  await lea.call('POST', '/api/v1/courses', {
    slug: 'birds', name: 'Bird songs', description: '', starts_at: new Date(Date.now() + 5_000).toISOString().replace(/\.\d+/, ''),
    ends_at: null, expected_participants: 5, resources: { cpu: 1, memory_gib: 1, storage_gib: 1 }, environment: environments[0].name,
  });
  await greta.call('POST', '/api/v1/courses/birds/accept', {});
  const { code } = await lea.call('GET', '/api/v1/courses/birds/invitation');
  for (const person of [ada, bob]) {
    await person.call('POST', `/api/v1/invitations/${code}/applications`, {});
    await lea.call('POST', `/api/v1/courses/birds/participants/${person.name}/accept`, {});
  }
  await until(async () => (await lea.call('GET', '/api/v1/courses/birds')).state === 'deployed', 'the course being deployed');
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

test('a participant opens a second server by a name, and works in it', async () => {
  const { page } = people.ada;
  await page.goto(`${platform.url}/courses/birds`);
  await page.getByTestId('new-server').click();
  await page.getByTestId('new-server-name').fill('évaluation 2');
  await page.getByTestId('open-new-server').click();
  const one = page.getByTestId('server-évaluation 2');
  await one.getByTestId('open-server').waitFor();
  await one.getByTestId('open-server').click();
  await page.locator('.jp-Launcher').first().waitFor();
  assert.ok(new URL(page.url()).pathname.startsWith('/c/birds/user/ada/%C3%A9valuation%202/lab'), page.url());
});

test('she lets somebody in, who enters and is written down', async () => {
  const { ada, bob } = people;
  await ada.page.goto(`${platform.url}/courses/birds`);
  await ada.page.getByTestId('let-in').click();
  await ada.page.getByLabel('Server', { exact: true }).selectOption('évaluation 2');
  await ada.page.getByTestId('share-user').fill('nobody');
  await ada.page.getByTestId('share-submit').click();
  await ada.page.getByText(/there is nobody called nobody/i).waitFor();
  await ada.page.getByTestId('share-user').fill('bob');
  await ada.page.getByTestId('share-submit').click();
  await ada.page.getByTestId('share-bob').waitFor();
  await ada.page.getByTestId('share-link').click();
  assert.match(await ada.page.getByTestId('share-url').inputValue(), /\/c\/birds\/hub\/accept-share\?code=/);

  await bob.page.goto(`${platform.url}/courses/birds`);
  await bob.page.getByTestId('shared-ada').getByTestId('enter-shared').click();
  await bob.page.locator('.jp-Launcher').first().waitFor();

  await ada.page.reload();
  await ada.page.getByTestId('visits').getByText(/bob \(évaluation 2\)/).waitFor();
  await pictures('servers');
});

test('she takes it back, and removes the server', async () => {
  const { ada, bob } = people;
  await ada.page.getByTestId('share-bob').getByTestId('take-back').click();
  await ada.page.getByTestId('confirm').click();
  await ada.page.getByTestId('share-bob').waitFor({ state: 'detached' });
  await until(async () => (await bob.page.goto(`${platform.url}/c/birds/user/ada/%C3%A9valuation%202/lab`)).status() === 403,
    'bob being out');

  await ada.page.getByTestId('server-évaluation 2').getByTestId('remove-server').click();
  await ada.page.getByTestId('confirm').click();
  await ada.page.getByTestId('server-évaluation 2').waitFor({ state: 'detached' });
});
