// Every page for everybody: by keyboard alone, named for screen readers, legible in light and dark, fit for a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Platform } from './platform.mjs';

const platform = new Platform();
let browser;
let invitation;
const people = {};

async function person(name) {
  const someone = await platform.person(browser, name);
  people[name] = { call: someone.call, state: await someone.context.storageState() };
  return people[name];
}

before(async () => {
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  await platform.start();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const greta = await person('greta');
  const lea = await person('lea');
  await platform.request('waits', lea);
  await platform.deploy('birds', lea, greta);
  invitation = (await lea.call('GET', '/api/v1/courses/birds/invitation')).code;
  const joined = await browser.newContext();
  for (const name of ['ada', 'bob']) {
    const data = { username: name, password: platform.password };
    assert.ok((await joined.request.post(`${platform.url}/api/v1/invitations/${invitation}/signup`, { data })).ok());
    await (await person(name)).call('POST', `/api/v1/invitations/${invitation}/applications`, {});
  }
  await joined.close();
  await lea.call('POST', '/api/v1/courses/birds/participants/ada/accept', {});
});

after(async () => {
  await browser?.close();
  await platform.stop();
});

const pages = () => [
  [null, '/login'], [null, `/join/${invitation}`], ['lea', '/'], ['ada', '/courses/birds'], ['lea', '/courses/new'],
  ['greta', '/governance'], ['lea', '/courses/birds/manage'], ['greta', '/admin'], ['ada', '/profile'],
  ['lea', '/c/birds/hub/admin'], ['ada', '/c/birds/hub/token'], [null, '/c/birds/hub/login'], ['ada', '/not/there'],
];

/** What is wrong with the page as it is: runs in the browser. */
function faults() {
  const found = [];
  const shown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const { visibility, display } = getComputedStyle(element);
    return width > 1 && height > 1 && visibility !== 'hidden' && display !== 'none';
  };
  const labelled = (element) =>
    (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '');
  const nameOf = (element) => [
    element.getAttribute('aria-label'), ...labelled(element), ...[...(element.labels ?? [])].map((label) => label.textContent),
    element.textContent, element.title,
  ].find((text) => text?.trim());
  for (const element of document.querySelectorAll('button, a, input, select, textarea, [role=button], [role=slider], [role=switch]'))
    if (shown(element) && !element.closest('[aria-hidden=true]') && !nameOf(element))
      found.push(`no name: ${element.outerHTML.slice(0, 120)}`);

  const headings = [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) found.push(`headings of the first level: ${headings}`);
  if (headings.some((level, index) => level > (headings[index - 1] ?? 0) + 1)) found.push(`headings leave a level out: ${headings}`);
  if (!document.querySelector('main') || !document.title || !document.documentElement.lang) found.push('no main, title or language');
  const beyond = document.documentElement.scrollWidth - window.innerWidth;
  if (beyond > 0) found.push(`${beyond} px too wide`);

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [red, green, blue] = color.map((value) => value / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one && layers.at(-1)?.[3] !== 255; one = one.parentElement)
      layers.push(rgba(getComputedStyle(one).backgroundColor));
    const over = (under, [red, green, blue, alpha]) =>
      [red, green, blue].map((value, index) => (value * alpha + under[index] * (255 - alpha)) / 255);
    return layers.reverse().reduce(over, [255, 255, 255]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (!text || !shown(element) || element.closest('script, style, noscript, :disabled, [data-disabled]')) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const [darker, lighter] = [luminance(rgba(color).slice(0, 3)), luminance(behind(element))].sort((one, other) => one - other);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.push(`contrast ${contrast.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return found;
}

async function open(who, path, options) {
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options, storageState: who ? people[who].state : undefined });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(platform.url + path);
  await page.locator('h1').first().waitFor();
  await page.locator('[aria-busy=true], .mantine-Loader-root').first().waitFor({ state: 'detached' });
  return page;
}

for (const [name, options] of [
  ['on a wide light screen', { viewport: { width: 1280, height: 860 } }],
  ['on a dark phone, in German', { viewport: { width: 360, height: 740 }, colorScheme: 'dark', locale: 'de-DE' }],
])
  test(`pages are named, legible and fit ${name}`, async () => {
    for (const [who, path] of pages()) {
      const page = await open(who, path, options);
      assert.deepEqual(await page.evaluate(faults), [], `${path} as ${who ?? 'nobody'}`);
      await page.context().close();
    }
  });

test('the check itself sees what nobody could use', async () => {
  const page = await open(null, '/login', {});
  await page.evaluate(() => {
    document.querySelector('main').insertAdjacentHTML('beforeend', `<button style="width:9px;height:9px"></button><h4>x</h4>
      <p style="color:#aaa;background:#fff">pale</p><div style="width:3000px">wide</div>`);
  });
  const found = (await page.evaluate(faults)).join('\n');
  for (const fault of [/no name: <button/, /leave a level out/, /contrast 2\.\d+: pale/, /too wide/]) assert.match(found, fault);
  await page.context().close();
});

/** Presses Tab until what has `testId` has the focus, which must be visible. */
async function tabTo(page, testId) {
  for (let pressed = 0; pressed < 60; ++pressed) {
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      // Of a field the colour of its border changes, and there is the cursor.
      return { testId: element.dataset.testid, visible: outlineStyle !== 'none' || boxShadow !== 'none' || element.matches('input') };
    });
    if (focus.testId === testId) return assert.ok(focus.visible, `the focus on ${testId} cannot be seen`);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never comes to ${testId}`);
}

test('by keyboard alone somebody logs in, starts the server and stops it', async () => {
  const page = await open(null, '/login', {});
  await tabTo(page, 'login-username');
  await page.keyboard.type('ada');
  await tabTo(page, 'login-password');
  await page.keyboard.type(platform.password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === '/');
  await page.goto(`${platform.url}/courses/birds`);
  await page.getByTestId('start-server').waitFor();
  await tabTo(page, 'start-server');
  await page.keyboard.press('Enter');
  await page.getByTestId('open-server').waitFor();
  await tabTo(page, 'stop-server');
  await page.keyboard.press('Enter');
  await page.getByTestId('confirm').waitFor();
  await tabTo(page, 'confirm');
  await page.keyboard.press('Enter');
  await page.getByTestId('start-server').waitFor();
  await page.context().close();
});
