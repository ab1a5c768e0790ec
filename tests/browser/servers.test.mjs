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

async function logIn(name) {
  const person = await platform.person(browser, name);
  person.page = await person.context.newPage();
  person.page.setDefaultTimeout(60_000);
  people[name] = person;
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
  await platform.deploy('birds', lea, greta);
  const { code } = await lea.call('GET', '/api/v1/courses/birds/invitation');
  for (const person of [ada, bob]) {
    await person.call('POST', `/api/v1/invitations/${code}/applications`, {});
    await lea.call('POST', `/api/v1/courses/birds/participants/${person.name}/accept`, {});
  }
  await greta.call('POST', '/c/birds/hub/api/groups/tutors', { users: ['ada', 'bob'] });
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
  await ada.page.getByTestId('share-group').selectOption('tutors');
  await ada.page.getByText('Everybody who is in the group', { exact: false }).waitFor();
  await ada.page.getByTestId('share-submit').click();
  await ada.page.getByTestId('share-tutors').getByText('the group tutors', { exact: false }).waitFor();
  await ada.page.getByTestId('share-link').click();
  assert.match(await ada.page.getByTestId('share-url').inputValue(), /\/c\/birds\/hub\/accept-share\?code=/);

  await bob.page.goto(`${platform.url}/courses/birds`);
  await bob.page.getByText('through the group tutors').waitFor();
  await bob.page.getByTestId('shared-ada').first().getByTestId('enter-shared').click();
  await bob.page.locator('.jp-Launcher').first().waitFor();

  await ada.page.reload();
  await ada.page.getByTestId('visits').getByText(/bob \(évaluation 2\)/).waitFor();
  await pictures('servers');
});

test('she takes it back, and removes the server', async () => {
  const { ada, bob } = people;
  for (const receiver of ['bob', 'tutors']) {
    await ada.page.getByTestId(`share-${receiver}`).getByTestId('take-back').click();
    await ada.page.getByTestId('confirm').click();
    await ada.page.getByTestId(`share-${receiver}`).waitFor({ state: 'detached' });
  }
  const hers = `${platform.url}/c/birds/user/ada/%C3%A9valuation%202/lab`;
  // The very request that is under way then is cut.
  await until(async () => (await bob.page.goto(hers).then((answer) => answer.status(), () => 0)) === 403, 'bob being out');

  await ada.page.getByTestId('server-évaluation 2').getByTestId('remove-server').click();
  await ada.page.getByTestId('confirm').click();
  await ada.page.getByTestId('server-évaluation 2').waitFor({ state: 'detached' });
});
