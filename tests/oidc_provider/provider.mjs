// A certified OpenID Connect provider (npm `oidc-provider`) for the tests of logging in, over TLS. Its log-in page takes
// any password.
//
//   node provider.mjs CONFIG    CONFIG is JSON: {port, certificate, key, redirect_uris, log_out_uris, accounts, keys}
//
// `accounts` names a JSON file, {"name": {claims}}, which is read for each question; `keys` one that keeps the keys for
// the next start.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const accounts = () => JSON.parse(readFileSync(config.accounts, 'utf8'));
const algorithms = ['RS256', 'ES256', 'EdDSA'];

if (!existsSync(config.keys)) {
  const fresh = [];
  for (const alg of algorithms) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true, ...(alg === 'EdDSA' ? { crv: 'Ed25519' } : {}) });
    fresh.push({ ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `${alg}-${randomBytes(6).toString('hex')}` });
  }
  writeFileSync(config.keys, JSON.stringify(fresh));
}
const keys = JSON.parse(readFileSync(config.keys, 'utf8'));

const provider = new Provider(`https://localhost:${config.port}`, {
  clients: algorithms.map((alg) => ({
    client_id: `carrel-${alg}`,
    client_secret: 'a secret: with / and +%',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: config.redirect_uris,
    post_logout_redirect_uris: config.log_out_uris,
    id_token_signed_response_alg: alg,
  })),
  jwks: { keys },
  enabledJWA: { idTokenSigningAlgValues: algorithms },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email', 'email_verified'] },
  findAccount: (_ctx, id) => {
    const claims = accounts()[id];
    return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
  },
  issueRefreshToken: () => true,
  // One that comes twice is taken for a stolen one.
  rotateRefreshToken: () => true,
  // Whoever logs in has agreed.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

const tls = { cert: readFileSync(config.certificate), key: readFileSync(config.key) };
createServer(tls, provider.callback()).listen(config.port, '127.0.0.1', () => console.log('ready'));
