// One course through its life by clicking, in a real Chromium, up to a cell executed inside JupyterLab.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, output } from './platform.mjs';

const platform = new Platform();
let browser;
let invitation;
const people = {};

/** A browser of one's own, that collects what goes wrong in its pages. */
async function person(name) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.setDefaultTimeout(60_000);
  people[name] = { name, context, page, complaints };
  return people[name];
}

async function logIn({ name, page }) {
  await page.goto(`${platform.url}/login`);
  await page.getByTestId('login-username').fill(name);
  await page.getByTestId('login-password').fill(platform.password);
  await page.getByTestId('login-submit').click();
  await page.waitForURL((url) => url.pathname === '/');
}

/** What cannot be taken back asks back, in a dialog. */
const confirm = ({ page }) => page.getByTestId('confirm').click();

/** A test that keeps pictures of all pages when it fails: they say more than its message. */
function chapter(name, act) {
  test(name, async () => {
    try {
      await act();
    } catch (error) {
      for (const someone of Object.values(people)) await picture(someone, `failed-${someone.name}`);
      throw error;
    }
  });
}

const picture = ({ page }, name) => page.screenshot({ path: path.join(output, `${name}.png`), fullPage: true });

before(async () => {
  fs.mkdirSync(output, { recursive: true });
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  await platform.start();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

chapter('a leader requests a course', async () => {
  const lea = await person('lea');
  await logIn(lea);
  await picture(lea, 'home-of-a-leader');
  await lea.page.goto(`${platform.url}/courses/new`);
  await lea.page.getByLabel(/^Name/).fill('Bird songs');
  await lea.page.getByLabel(/^Description/).fill('Listening to birds, with Fourier.');
  await lea.page.getByRole('radio', { name: /no end|standing/i }).or(lea.page.getByLabel(/no end|standing hub/i)).first().check({ force: true });
  await lea.page.getByRole('switch', { name: /folder that all may change/ }).check({ force: true });
  await picture(lea, 'request-a-course');
  await lea.page.getByTestId('request-submit').click();
  await lea.page.waitForURL(/\/courses\/bird-songs/);
  await lea.page.locator('[data-testid=course-state][data-state=pending]').first().waitFor();
});

chapter('an administrator accepts it', async () => {
  const greta = await person('greta');
  await logIn(greta);
  await greta.page.goto(`${platform.url}/governance`);
  await greta.page.getByTestId('accept-bird-songs').waitFor();
  await picture(greta, 'governance');
  await greta.page.getByTestId('accept-bird-songs').click();
  await greta.page.getByTestId('accept-bird-songs').waitFor({ state: 'detached' });
});

chapter('the leader copies the invitation; deployed ahead of its time, the course is seen to be there', async () => {
  const { greta, lea } = people;
  await lea.page.goto(`${platform.url}/courses/bird-songs/manage`);
  const field = lea.page.getByTestId('invitation-url');
  await field.waitFor();
  invitation = await field.evaluate((node) => node.value ?? node.textContent);
  assert.match(invitation, /\/join\/[\w-]{20,}/);

  await greta.page.goto(`${platform.url}/courses/bird-songs/manage`);
  await greta.page.getByTestId('deploy').click();
  await lea.page.locator('[data-testid=course-state][data-state=deployed]').first().waitFor();
});

for (const name of ['ada', 'bob'])
  chapter(`${name} joins by the link`, async () => {
    const someone = await person(name);
    await someone.page.goto(`${platform.url}${new URL(invitation, platform.url).pathname}`);
    await someone.page.getByTestId('signup-username').fill(name);
    await someone.page.getByTestId('signup-password').fill(platform.password);
    if (name === 'ada') await picture(someone, 'join');
    await someone.page.getByTestId('signup-submit').click();
    await someone.page.getByTestId('apply').or(someone.page.getByTestId('application-pending')).first().waitFor();
    if (await someone.page.getByTestId('apply').isVisible()) await someone.page.getByTestId('apply').click();
    await someone.page.getByTestId('application-pending').waitFor();
  });

chapter('the leader accepts one and rejects the other', async () => {
  const { lea } = people;
  await lea.page.goto(`${platform.url}/courses/bird-songs/manage`);
  await lea.page.getByTestId('accept-ada').waitFor();
  await picture(lea, 'manage');
  await lea.page.getByTestId('accept-ada').click();
  await lea.page.getByTestId('accept-ada').waitFor({ state: 'detached' });
  await lea.page.getByTestId('reject-bob').click();
  await lea.page.getByTestId('reject-bob').waitFor({ state: 'detached' });
});

chapter('the participant starts a server, and runs a cell in JupyterLab', async () => {
  const { ada } = people;
  await ada.page.goto(`${platform.url}/courses/bird-songs`);
  await ada.page.getByTestId('start-server').click();
  await ada.page.getByTestId('open-server').waitFor();
  await picture(ada, 'hub');

  const lab = ada.page;
  await ada.page.getByTestId('open-server').click();
  await lab.locator('.jp-Launcher').first().waitFor();
  await lab.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  const cell = lab.locator('.jp-Notebook .jp-CodeCell .cm-content').first();
  await cell.waitFor();
  // JupyterLab drops a cell that is run before it has connected to the kernel, so look as a person would.
  await lab.getByText('| Idle').first().waitFor();
  await cell.click();
  await lab.keyboard.insertText('print("carrel", 6 * 7)');
  await lab.keyboard.press('Shift+Enter');
  await lab.locator('.jp-OutputArea-output', { hasText: 'carrel 42' }).first().waitFor();
  await lab.screenshot({ path: path.join(output, 'jupyterlab.png') });
});

chapter('the course folder is among the own files', async () => {
  const { page } = people.ada;
  const item = (name) => page.locator('.jp-DirListing-item', { hasText: name }).first();
  await item('materials').waitFor();
  await item('shared').dblclick();
  await page.locator('.jp-BreadCrumbs-item', { hasText: 'shared' }).first().waitFor();
  await page.keyboard.press('Control+Shift+L');
  await page.locator('.jp-LauncherCard[data-category="Other"]', { hasText: 'Text File' }).first().click();
  await item('untitled.txt').waitFor();
  await page.screenshot({ path: path.join(output, 'course-folder.png') });
  await page.locator('.jp-BreadCrumbs-home').first().click();
  await item('materials').dblclick();
  await page.locator('.jp-BreadCrumbs-item', { hasText: 'materials' }).first().waitFor();
});

chapter('the rejected one is told so, and gets 403 at the door', async () => {
  const { bob } = people;
  await bob.page.goto(`${platform.url}/courses/bird-songs`);
  await bob.page.getByText(/not accepted|rejected/i).first().waitFor();
  assert.equal(await bob.page.getByTestId('start-server').count(), 0);
  const answer = await bob.page.goto(`${platform.url}/c/bird-songs/user/ada/lab`);
  assert.equal(answer.status(), 403);
});

chapter('an administrator sees the whole, and pages are in German too, dark and small', async () => {
  const { greta } = people;
  await greta.page.goto(`${platform.url}/admin`);
  await greta.page.getByText('bird-songs').or(greta.page.getByText('Bird songs')).first().waitFor();
  await picture(greta, 'admin');
  const context = await browser.newContext({
    locale: 'de-DE', colorScheme: 'dark', viewport: { width: 360, height: 740 },
    storageState: await people.ada.context.storageState(),
  });
  const page = await context.newPage();
  await page.goto(`${platform.url}/courses/bird-songs`);
  await page.getByTestId('open-server').waitFor();
  await page.screenshot({ path: path.join(output, 'hub-german-dark-phone.png') });
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px too wide for a phone`);
  await context.close();
});

chapter('the participant stops the server; the leader ends the course; the take-out is there', async () => {
  const { ada, lea } = people;
  await ada.page.goto(`${platform.url}/courses/bird-songs`);
  await ada.page.getByTestId('stop-server').click();
  await confirm(ada);
  await ada.page.getByTestId('start-server').waitFor();

  await lea.page.goto(`${platform.url}/courses/bird-songs/manage`);
  await lea.page.getByTestId('degrade').click();
  await confirm(lea);
  await lea.page.locator('[data-testid=course-state][data-state=degraded]').first().waitFor({ timeout: 60_000 });
  await picture(lea, 'manage-degraded');

  await ada.page.goto(`${platform.url}/courses/bird-songs`);
  const [download] = await Promise.all([
    ada.page.waitForEvent('download'),
    ada.page.getByTestId('takeout').click(),
  ]);
  const zip = fs.readFileSync(await download.path());
  assert.equal(zip.subarray(0, 2).toString(), 'PK');
  assert.ok(zip.includes('Untitled.ipynb'));
  await picture(ada, 'take-out');
  const [folder] = await Promise.all([
    ada.page.waitForEvent('download'),
    ada.page.getByTestId('folder-takeout').click(),
  ]);
  assert.equal(folder.suggestedFilename(), 'bird-songs.zip');
  assert.ok(fs.readFileSync(await folder.path()).includes('shared/untitled.txt'));
});

test('no page threw an error', () => {
  for (const { name, complaints } of Object.values(people))
    assert.deepEqual(complaints, [], `in the browser of ${name}`);
});
