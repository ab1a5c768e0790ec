// A server that nobody uses says so before it is stopped: in JupyterLab, and on the course's page.

import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform, output } from './platform.mjs';

// It is said after 20 seconds without use; whoever looks has as many to answer.
const platform = new Platform(['hub.idle_timeout_seconds=40', 'hub.idle_warning_seconds=20']);
let browser;
let context;
let environment;

before(async () => {
  fs.mkdirSync(output, { recursive: true });
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const [greta, lea] = [await platform.person(browser, 'greta'), await platform.person(browser, 'lea')];
  context = lea.context;
  environment = await platform.deploy('birds', lea, greta);
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

async function open(place) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(platform.url + place);
  return page;
}

test('whoever has it open is told, and keeps it running with one click', async (t) => {
  const course = await open('/courses/birds');
  await course.getByTestId('start-server').click();
  await course.getByTestId('open-server').waitFor();

  if (environment !== 'jupyterlab') t.diagnostic('without JupyterLab only the page of the course tells');
  const lab = environment === 'jupyterlab' ? await open('/c/birds/user/lea/lab') : null;
  await lab?.locator('.jp-Launcher').first().waitFor();

  await lab?.getByText('Nobody has used this server for a while.').first().waitFor();
  await lab?.screenshot({ path: path.join(output, 'idle-jupyterlab.png') });
  await course.getByTestId('idle-notice').waitFor();
  await course.screenshot({ path: path.join(output, 'idle-course.png') });

  if (lab) await lab.getByRole('button', { name: 'Keep it running' }).click();
  else await course.getByTestId('keep-running').click();
  await lab?.getByText('The server keeps running.').first().waitFor();
  await course.getByTestId('idle-notice').waitFor({ state: 'detached' });
  await course.getByTestId('open-server').waitFor();

  // A second time: what is said on the course's page is heard in JupyterLab, too.
  await lab?.getByText('Nobody has used this server for a while.').first().waitFor();
  await course.getByTestId('idle-notice').waitFor();
  await course.getByTestId('keep-running').click();
  await lab?.getByText('Nobody has used this server for a while.').first().waitFor({ state: 'detached' });
  await course.getByTestId('idle-notice').waitFor({ state: 'detached' });
});

test('nobody answers: it is stopped, and the page says why', async () => {
  const course = await open('/courses/birds');
  await course.getByTestId('idle-notice').waitFor();
  await course.getByText('Stopped because it was not used').waitFor();
  await course.getByTestId('start-server').waitFor();
});
