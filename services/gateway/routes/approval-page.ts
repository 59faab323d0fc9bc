import { readFileSync } from 'node:fs';
import type { GatewayServer } from '../gateway-server.ts';

/** Nothing from elsewhere, nothing inline, in no frame; scripts make no markup of text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const headers = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'permissions-policy':
    'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), geolocation=(), microphone=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-cache',
};

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
} as const;

/** Where each file of `pages/` is. */
const places = {
  '/approve': 'approve.html',
  '/approve/style.css': 'style.css',
  '/approve/page.mjs': 'page.mjs',
  '/approve/authenticate.mjs': 'authenticate.mjs',
  '/approve/decide-policy.mjs': 'decide-policy.mjs',
  '/approve/decide-promotion.mjs': 'decide-promotion.mjs',
  '/approve/decide-release.mjs': 'decide-release.mjs',
  '/approve/elements.mjs': 'elements.mjs',
  '/approve/passkeys.mjs': 'passkeys.mjs',
  '/approve/read-all.mjs': 'read-all.mjs',
  '/approve/session.mjs': 'session.mjs',
  '/approve/show-latest.mjs': 'show-latest.mjs',
} as const;

/** The page where people decide with a passkey: files as they are, the same for everybody; what they show needs a token. */
export function registerApprovalPage(app: GatewayServer): void {
  for (const [place, name] of Object.entries(places)) {
    const body = readFileSync(new URL(`../pages/${name}`, import.meta.url));
    const type = types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types];
    app.get(place, { schema: { hide: true } }, (_request, reply) => reply.headers(headers).type(type).send(body));
  }
  // Its files and the API are beside it, wherever a proxy puts them.
  app.get('/approve/', { schema: { hide: true } }, (_request, reply) => reply.headers(headers).redirect('../approve'));
}
