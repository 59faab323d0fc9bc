import { expect, test } from 'vitest';
import { secretsOf } from '../../../../adapters/builder/secrets-of.ts';

test.each<[string, Record<string, string>, readonly string[]]>([
  ['a variable by its name', { PIP_TOKEN: 'hunter2', npm_config_registry: 'https://npm.example.com/' }, ['hunter2']],
  [
    'what an address carries, as written, decoded and as a header carries it',
    { https_proxy: 'http://user:p%40ss@proxy.example.com:3128' },
    ['user:p%40ss', Buffer.from('user:p@ss').toString('base64'), 'p%40ss', 'p@ss'],
  ],
  ['a token that is the user', { PIP_EXTRA_INDEX_URL: 'https://a.example https://t0ken@b.example/simple' }, ['t0ken']],
  [
    'what stands between the separators of GOPROXY',
    { GOPROXY: 'https://us3r:pa55word@a.example|https://t0ken@b.example,direct' },
    ['pa55word', 'us3r:pa55word', Buffer.from('us3r:pa55word').toString('base64'), 't0ken'],
  ],
  ['nothing else', { PIP_DEFAULT_TIMEOUT: '180', no_proxy: 'localhost,10.0.0.1' }, []],
])('%s', (_, environment, secrets) => {
  expect(secretsOf(environment).toSorted()).toEqual(secrets.toSorted());
});
