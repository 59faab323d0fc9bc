import { describe, expect, test } from 'vitest';
import { decodeRegistriesConf, placesOf } from '../../../../adapters/oci/registries-conf.ts';

const conf = decodeRegistriesConf(
  new TextEncoder().encode(`
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
[[registry.mirror]]
location = "second.example"
pull-from-mirror = "digest-only"

[[registry]]
prefix = "docker.io/team"
location = "inside.example/team"
mirror-by-digest-only = true
[[registry.mirror]]
location = "near.example/t"

[[registry]]
prefix = "*.blocked.example"
blocked = true
`),
);

describe('containers-registries.conf', () => {
  test.each([
    [
      'docker.io',
      'library/debian',
      ['mirror.example:5000 hub/library/debian all', 'second.example library/debian digest-only'],
      'docker.io library/debian all',
    ],
    // The longest prefix counts, and ends between two parts of a name.
    ['docker.io', 'team/shop', ['near.example t/shop digest-only'], 'inside.example team/shop all'],
    [
      'docker.io',
      'teamwork/x',
      ['mirror.example:5000 hub/teamwork/x all', 'second.example teamwork/x digest-only'],
      'docker.io teamwork/x all',
    ],
    ['docker.io.evil.example', 'x', [], 'docker.io.evil.example x all'],
    ['quay.io', 'a/b', [], 'quay.io a/b all'],
    ['a.blocked.example', 'x', [], undefined],
  ])('%s/%s', (host, repository, mirrors, origin) => {
    const text = ({ host: at, repository: name, use }: { host: string; repository: string; use: string }) =>
      `${at} ${name} ${use}`;
    const places = placesOf(host, repository, conf);
    expect([places.mirrors.map(text), places.origin && text(places.origin)]).toEqual([mirrors, origin]);
  });

  test.each(['registry = 1', '[[registry]]\nlocation = "https://x/y"', '[[registry', '[[registry]]\nmirror = [{}]'])(
    '%j is refused',
    (text) => {
      expect(() => decodeRegistriesConf(new TextEncoder().encode(text))).toThrow();
    },
  );
});
