import { expect, test } from 'vitest';
import { chooseTransport } from '../../../../domain/building/source-transport.ts';

const commit = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const allowed = { localRepositories: ['/srv/git/shop'], gitHosts: ['git.example.com'] };

test.each([
  ['https://git.example.com/team/shop.git', 'https', undefined],
  ['https://git.example.com:8443/shop', 'https', undefined],
  ['ssh://git@git.example.com/team/shop.git', 'ssh', undefined],
  ['ssh://git.example.com:2222/shop', 'ssh', undefined],
  ['git@git.example.com:team/shop.git', 'ssh', undefined],
  ['/srv/git/shop', 'file', '/srv/git/shop'],
  ['file:///srv/git/shop', 'file', '/srv/git/shop'],
])('%s is fetched over %s', (repository, protocol, url) => {
  expect(chooseTransport({ repository, commit }, allowed)).toEqual({ protocol, url: url ?? repository });
});

test.each([
  'ext::sh -c touch% /tmp/pwned',
  'fd::17',
  'http://git.example.com/shop',
  'git://git.example.com/shop',
  'ftp://git.example.com/shop',
  '/srv/git/other',
  '/srv/git/shop/../other',
  'file:///srv/git/other',
  'file://host/srv/git/shop',
  'srv/git/shop',
  '--upload-pack=touch /tmp/pwned',
  'ssh://-oProxyCommand=touch/shop',
  '-oProxyCommand=touch@host:shop',
  'git@-oProxyCommand=touch:shop',
  'https://git.example.com/shop\nhttps://evil.example/',
  'https://user:secret@git.example.com/shop',
  'https://token@git.example.com/shop',
  'https://git.example.com',
  'https://elsewhere.example/shop',
  'ssh://git@elsewhere.example/shop',
  'git@elsewhere.example:shop',
  'https://git.example.com.elsewhere.example/shop',
  '',
])('%s is refused', (repository) => {
  expect(() => chooseTransport({ repository, commit }, allowed)).toThrow(
    expect.objectContaining({ code: 'SOURCE_TRANSPORT_REFUSED', message: expect.not.stringContaining('secret@') }),
  );
});

test.each(['main', 'HEAD', '4b825dc', `${commit}0`, commit.toUpperCase(), `--all${commit.slice(5)}`])(
  '%s is no commit id',
  (text) => {
    expect(() => chooseTransport({ repository: 'https://git.example.com/shop', commit: text }, allowed)).toThrow(
      expect.objectContaining({ code: 'COMMIT_MISSING' }),
    );
  },
);

test('the user of a machine may name any host', () => {
  const repository = 'https://Elsewhere.example/shop';
  expect(chooseTransport({ repository, commit }, { localRepositories: [] })).toEqual({
    protocol: 'https',
    url: repository,
  });
});
