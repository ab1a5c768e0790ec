// Every person on an origin of their own, in a real Chromium: what a page of one person's server tries against the hub
// and against another person's server while that person looks at it, and that they can work all the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { freePort, Platform, until } from './platform.mjs';

const slug = 'attacks';
const at = (name) => `/c/${slug}/user/${name}`;
let platform;
let browser;
let portal; // "https://hub.test:…"
let context; // of lea's browser: she leads the course, so she may enter bob's server
let own; // a page of Carrel's
let hers; // a page of her own server
let his; // a page of bob's server, which turns against her

const originOf = (name) => `https://${name}.hub.test:${platform.port}`;

/** A call of the API by a page of Carrel's own, as its scripts make them. */
function call(page, method, path, body) {
  return page.evaluate(async ([how, where, what]) => {
    const me = await fetch('/api/v1/me').then((answer) => (answer.ok ? answer.json() : {}));
    const answer = await fetch(where, {
      method: how,
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf_token ?? '' },
      body: what && JSON.stringify(what),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${how} ${where}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }, [method, path, body]);
}

async function logIn(name) {
  const somebody = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await somebody.newPage();
  await page.goto(`${portal}/login`);
  await call(page, 'POST', '/api/v1/session', { username: name, password: platform.password });
  return page;
}

async function startServer(page, name) {
  await call(page, 'POST', `/c/${slug}/hub/api/users/${name}/server`, {});
  const path = `/c/${slug}/hub/api/users/${name}`;
  await until(async () => (await call(page, 'GET', path)).server, `the server of ${name}`);
}

/** Starts it, with a course in which lea and bob have servers; lea is logged in. */
async function open(it) {
  platform = it;
  portal = `https://hub.test:${platform.port}`;
  platform.addUser('greta', 'administrator');
  platform.addUser('lea', 'leader');
  platform.addUser('bob', 'leader');
  await platform.start();
  own = await logIn('lea');
  context = own.context();
  const { environments } = await call(own, 'GET', '/api/v1/options');
  await call(own, 'POST', '/api/v1/courses', {
    slug, name: 'Attacks', description: '', starts_at: new Date(Date.now() + 2000).toISOString(), ends_at: null,
    expected_participants: 5, resources: { cpu: 1, memory_gib: 1, storage_gib: 1 }, environment: environments[0].name,
  });
  await call(await logIn('greta'), 'POST', `/api/v1/courses/${slug}/accept`, {});
  await until(async () => (await call(own, 'GET', `/api/v1/courses/${slug}`)).state === 'deployed', 'deployment');
  const { code } = await call(own, 'GET', `/api/v1/courses/${slug}/invitation`);
  const bob = await logIn('bob');
  await call(bob, 'POST', `/api/v1/invitations/${code}/applications`, {});
  await call(own, 'POST', `/api/v1/courses/${slug}/participants/bob/accept`, {});
  await startServer(own, 'lea');
  await startServer(bob, 'bob');
  await own.goto(`${portal}/courses/${slug}`);
}

before(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP hub.test 127.0.0.1, MAP *.hub.test 127.0.0.1'],
  });
  await open(new Platform(
    ['server.tls=self-signed', 'server.domain=hub.test', 'server.user_domain=hub.test'], await freePort()));
});

after(async () => {
  await browser?.close();
  await platform?.stop();
});

test('a person gets from the hub to the own server, and from there to another one that they may enter', async () => {
  hers = await context.newPage();
  await hers.goto(`${portal}${at('lea')}/lab`);
  assert.equal(new URL(hers.url()).origin, originOf('lea'));
  await hers.locator('#jp-main-dock-panel, #main').first().waitFor();
  his = await context.newPage();
  await his.goto(`${originOf('bob')}${at('bob')}/lab`);
  assert.equal(new URL(his.url()).origin, originOf('bob'));
  await his.locator('#jp-main-dock-panel, #main').first().waitFor();
  const cookies = await context.cookies();
  const carrels = cookies.filter(({ name }) => name.includes('carrel'));
  // The session, by what the browser is known again, and a right for each of the two.
  assert.equal(carrels.length, 4, JSON.stringify(carrels));
  for (const { name, secure, httpOnly, path, domain } of carrels)
    assert.ok(name.startsWith('__Host-') && secure && httpOnly && path === '/' && !domain.startsWith('.'), name);
});

test('a kernel runs on the own origin', async () => {
  const result = await hers.evaluate(async (base) => {
    const xsrf = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? '';
    const headers = { 'X-XSRFToken': xsrf, 'Content-Type': 'application/json' };
    const kernel = await fetch(`${base}/api/kernels`, { method: 'POST', headers, body: '{}' }).then((r) => r.json());
    const socket = new WebSocket(`wss://${location.host}${base}/api/kernels/${kernel.id}/channels`);
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
    const answer = new Promise((resolve) => {
      socket.onmessage = ({ data }) => {
        const message = typeof data === 'string' ? JSON.parse(data) : {};
        if (message.msg_type === 'execute_result') resolve(message.content.data['text/plain']);
      };
    });
    const header = { msg_id: 'one', msg_type: 'execute_request', username: '', session: 's', date: new Date().toISOString(), version: '5.3' };
    socket.send(JSON.stringify({
      header, parent_header: {}, metadata: {}, channel: 'shell', buffers: [],
      content: { code: '6 * 7', silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
    }));
    const value = await answer;
    socket.close();
    await fetch(`${base}/api/kernels/${kernel.id}`, { method: 'DELETE', headers });
    return value;
  }, at('lea'));
  assert.equal(result, '42');
});

/** All that an attack might change. */
async function state() {
  const path = `/c/${slug}/hub/api/users`;
  return {
    me: (await call(own, 'GET', '/api/v1/me')).username,
    tokens: await call(own, 'GET', '/api/v1/tokens'),
    course: (await call(own, 'GET', `/api/v1/courses/${slug}`)).state,
    participants: (await call(own, 'GET', `/api/v1/courses/${slug}/participants`)).items.map(({ username }) => username),
    servers: await Promise.all(['lea', 'bob'].map(async (name) => (await call(own, 'GET', `${path}/${name}`)).servers[''].started)),
    files: await hers.evaluate((base) => fetch(`${base}/api/contents`).then((r) => r.json()).then((r) => r.content.map((one) => one.name).sort()), at('lea')),
    kernels: await hers.evaluate((base) => fetch(`${base}/api/kernels`).then((r) => r.json()).then((r) => r.length), at('lea')),
    terminals: await hers.evaluate((base) => fetch(`${base}/api/terminals`).then((r) => r.json()).then((r) => r.length), at('lea')),
  };
}

// Each runs in bob's page and tells what it got: anything but nothing is a success of the attack. Where it would rather
// change something, `state` tells.
const attacks = {
  'reads who is logged in': ({ portal: hub }) => read(`${hub}/api/v1/me`),
  'reads the users of the hub': ({ portal: hub, hubApi }) => read(`${hub}${hubApi}/users`),
  'reads the files of another server': ({ victim, base }) => read(`${victim}${base}/api/contents`),
  'reads the hub below its own name': () => read('/api/v1/me'),
  'reads the hub\'s users below its own name': ({ hubApi }) => read(`${hubApi}/users`),
  'reads another server below its own name': ({ base }) => read(`${base}/api/contents`),
  'reads another server below the hub\'s name': ({ portal: hub, base }) => read(`${hub}${base}/api/contents`),
  'listens to the events of the hub': ({ portal: hub, slug: course }) => listen(`${hub}/api/v1/courses/${course}/events`),
  'opens a kernel\'s WebSocket': ({ victim, base }) => connect(`${victim}${base}/api/events/subscribe`),
  'opens a WebSocket at the hub\'s name': ({ portal: hub, base }) => connect(`${hub}${base}/api/events/subscribe`),
  'opens a WebSocket of another server below its own name': ({ base }) => connect(`${location.origin}${base}/api/events/subscribe`),
  'loads a picture from another server': ({ victim, base }) => picture(`${victim}${base}/static/favicons/favicon.ico`),
  'looks into a frame of the hub': ({ portal: hub }) => frame(`${hub}/`),
  'looks into a frame of another server': ({ victim, base }) => frame(`${victim}${base}/lab`),
  'looks into a window of the hub': ({ portal: hub }) => look(`${hub}/`),
  'reads cookies of the hub': () => /carrel/.test(document.cookie) && document.cookie,
  'plants a session for the whole domain': () => plant('carrel_session=planted; Domain=hub.test; Path=/; Secure', 'carrel_session'),
  'plants a bound session': ({ portal: hub }) => plantBound(hub, '__Host-carrel_session=planted; Domain=hub.test; Path=/; Secure'),
  'plants a bound right to enter': ({ portal: hub }) => plantBound(hub, '__Host-carrel_edge_1=planted; Domain=hub.test; Path=/; Secure'),
  'relaxes its domain': () => { try { document.domain = 'hub.test'; return document.domain === 'hub.test' && window.originAgentCluster === false && frame(`https://hub.test:${location.port}/`); } catch { return ''; } },
  'finds the window that opened it': () => (window.opener ? 'an opener' : ''),
  'makes a token': ({ portal: hub }) => send(`${hub}/api/v1/tokens`, '{"note":"stolen","expires_in":3600}'),
  'makes a token with a header': ({ portal: hub }) => sendWithHeader(`${hub}/api/v1/tokens`, '{"note":"stolen"}'),
  'makes a token by a form': ({ portal: hub }) => submit(`${hub}/api/v1/tokens`, { '{"note":"stolen","x":"': '"}' }),
  'makes a token of the hub': ({ portal: hub, hubApi }) => send(`${hub}${hubApi}/users/lea/tokens`, '{}'),
  'ends the course': ({ portal: hub, slug: course }) => send(`${hub}/api/v1/courses/${course}/degrade`, '{}'),
  'stops a server': ({ portal: hub, hubApi }) => sendWithHeader(`${hub}${hubApi}/users/lea/server`, '', 'DELETE'),
  'removes a participant': ({ portal: hub, hubApi }) => sendWithHeader(`${hub}${hubApi}/users/bob`, '', 'DELETE'),
  'logs the visitor out by a picture': ({ portal: hub, slug: course }) => picture(`${hub}/c/${course}/hub/logout`),
  'logs the visitor out by a frame': ({ portal: hub, slug: course }) => frame(`${hub}/c/${course}/hub/logout`),
  'logs the visitor in as somebody else': ({ portal: hub, password }) => send(`${hub}/api/v1/session`, JSON.stringify({ username: 'bob', password })),
  'starts a kernel': ({ victim, base }) => send(`${victim}${base}/api/kernels`, '{}'),
  'starts a terminal by a form': ({ victim, base }) => submit(`${victim}${base}/api/terminals`, {}),
  'writes a file': ({ victim, base }) => sendWithHeader(`${victim}${base}/api/contents/stolen.txt`, '{"type":"file","format":"text","content":"x"}', 'PUT'),
  'writes a file below its own name': ({ base }) => sendWithHeader(`${base}/api/contents/stolen.txt`, '{"type":"file","format":"text","content":"x"}', 'PUT'),
  'brings a code of its own': ({ victim, slug: course, base }) => read(`${victim}/c/${course}/hub/arrive?code=guess&next=${encodeURIComponent(`${base}/api/contents`)}`),
  'asks for a code': ({ portal: hub, slug: course, base }) => read(`${hub}/c/${course}/hub/enter?next=${encodeURIComponent(`${base}/lab`)}`),
  'works in the hub with a service worker': async ({ base }) => {
    try { await navigator.serviceWorker.register(`${base.replace('/lea', '/bob')}/static/x.js`, { scope: '/' }); return 'registered'; } catch { return ''; }
  },
};

/** What the attacks are made with, in the page. */
function arm() {
  const patience = (promise) => Promise.race([promise, new Promise((resolve) => { setTimeout(() => resolve(''), 5000); })]);
  const quiet = { credentials: 'include', mode: 'no-cors' };
  // The hub wants its visitor's token even for reading, which a page of the same origin can read.
  const tokenOf = (url) => fetch(new URL('/api/v1/me', url), { credentials: 'include' })
    .then((answer) => answer.json()).then((me) => me.csrf_token ?? '', () => '');
  window.read = async (url) => {
    const token = await tokenOf(new URL(url, location.href));
    const options = { credentials: 'include', headers: { 'X-CSRF-Token': token } };
    try {
      const answer = await fetch(url, token ? options : { credentials: 'include' });
      const text = await answer.text();
      return answer.ok ? `${answer.url}: ${text.slice(0, 80)}` : '';
    } catch { return ''; }
  };
  window.send = async (url, body) => { await fetch(url, { ...quiet, method: 'POST', body }).catch(() => {}); return ''; };
  window.sendWithHeader = async (url, body, method = 'POST') => {
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': 'guess', 'X-XSRFToken': 'guess' };
    try { return (await fetch(url, { method, headers, credentials: 'include', body: body || undefined })).ok ? 'it was done' : ''; } catch { return ''; }
  };
  window.submit = (url, fields) => {
    const target = document.createElement('iframe');
    target.name = `frame${Math.random()}`;
    const form = document.createElement('form');
    Object.assign(form, { action: url, method: 'POST', enctype: 'text/plain', target: target.name });
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement('input');
      Object.assign(field, { name, value });
      form.append(field);
    }
    document.body.append(target, form);
    form.submit();
    return patience(new Promise((resolve) => { target.onload = () => resolve(''); }));
  };
  window.frame = (url) => patience(new Promise((resolve) => {
    const inner = document.createElement('iframe');
    inner.onload = () => { try { resolve(inner.contentDocument?.body?.innerText ?? ''); } catch { resolve(''); } };
    inner.src = url;
    document.body.append(inner);
  }));
  window.look = async (url) => {
    const opened = window.open(url);
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    try { return opened?.document?.body?.innerText ?? ''; } catch { return ''; } finally { opened?.close(); }
  };
  window.connect = (url) => patience(new Promise((resolve) => {
    const socket = new WebSocket(url.replace('https:', 'wss:'));
    socket.onopen = () => resolve('it is open');
    socket.onerror = () => resolve('');
  }));
  window.listen = (url) => patience(new Promise((resolve) => {
    const source = new EventSource(url, { withCredentials: true });
    source.onopen = () => resolve('it is open');
    source.onmessage = ({ data }) => resolve(data);
    source.onerror = () => { source.close(); resolve(''); };
  }));
  window.picture = (url) => patience(new Promise((resolve) => {
    const element = document.createElement('img');
    element.onload = () => resolve('it was loaded');
    element.onerror = () => resolve('');
    element.src = url;
    document.body.append(element);
  }));
  // A plain one may be planted: then it must mean nothing, which `state` tells.
  window.plant = (cookie) => { document.cookie = cookie; return ''; };
  window.plantBound = (hub, cookie) => { document.cookie = cookie; return document.cookie.includes('planted; __Host') || /__Host-carrel[^=]*=planted/.test(document.cookie) ? 'planted' : ''; };
}

test('no attack by a page of somebody else\'s server succeeds', async () => {
  await his.evaluate(arm);
  const before_ = await state();
  const facts = {
    portal, slug, hubApi: `/c/${slug}/hub/api`, victim: originOf('lea'), base: at('lea'), password: platform.password,
  };
  for (const [name, attack] of Object.entries(attacks)) {
    const got = await his.evaluate(`(${attack.toString()})(${JSON.stringify(facts)})`);
    assert.ok(!got, `${name}: ${got}`);
    assert.deepEqual(await state(), before_, name);
  }
  assert.ok(Object.keys(attacks).length >= 25);
});

// The same on one origin: so an attack that fails above fails for its reason. What is listed here is what SECURITY.md calls
// the accepted risk of paths.
test('on one origin a page can do what its visitor can, which is why there are several', async () => {
  const paths = new Platform(['server.tls=self-signed', 'server.domain=hub.test'], await freePort());
  const scene = { platform, portal, context, own };
  try {
    await open(paths);
    const page = await context.newPage();
    await page.goto(`${portal}${at('bob')}/lab`);
    const mine = await context.newPage();
    await mine.goto(`${portal}${at('lea')}/lab`);
    await page.bringToFront();
    await page.evaluate(arm);
    const facts = { portal, slug, hubApi: `/c/${slug}/hub/api`, victim: portal, base: at('lea'), password: paths.password };
    const succeeded = [];
    for (const [name, attack] of Object.entries(attacks))
      if (/^(reads|listens|opens|loads)/.test(name) && await page.evaluate(`(${attack.toString()})(${JSON.stringify(facts)})`))
        succeeded.push(name);
    assert.deepEqual(succeeded, Object.keys(attacks).filter((name) => /^(reads|listens|opens|loads)/.test(name) && name !== 'reads cookies of the hub'));
  } finally {
    await paths.stop();
    ({ platform, portal, context, own } = scene);
  }
});

test('what lies on a person\'s origin beside their servers leads to the hub', async () => {
  const page = await context.newPage();
  await page.goto(`${originOf('bob')}/`);
  assert.equal(new URL(page.url()).origin, portal);
  await page.goto(`${originOf('nobody')}/login`);
  assert.equal(new URL(page.url()).origin, portal);
  for (const next of [`//evil.test${at('bob')}/`, `https://evil.test${at('bob')}/`, '/\\evil.test', '/login', `${at('bob')}/../../../..`]) {
    const answer = await page.goto(`${portal}/c/${slug}/hub/enter?next=${encodeURIComponent(next)}`);
    assert.equal(new URL(page.url()).origin, portal, next);
    assert.ok(answer.status() >= 400, next);
  }
});

test('a right to enter ends with the log-in, on every origin', async () => {
  await call(own, 'DELETE', '/api/v1/session');
  // The very request that is under way then is cut.
  await until(async () => (await hers.evaluate((base) => fetch(`${base}/api/contents`).then((r) => r.status, () => 0), at('lea'))) === 403,
    'the own server being closed');
  assert.equal(await his.evaluate((base) => fetch(`${base}/api/contents`).then((r) => r.status), at('bob')), 403);
});
