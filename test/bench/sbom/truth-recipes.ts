/** Small images of kinds that the images measured for time have none of, and what their native tools say. */

import {
  cargoLayer,
  cargoTruth,
  composerLayer,
  composerTruth,
  dotnetLayer,
  dotnetTruth,
  gemLayer,
  gemTruth,
} from './language-layers.ts';
import type { Ecosystem, Recipe } from './recipes.ts';
import { apkLayer, apkTruth, ndbTruth, rpmLayer, rpmTruth } from './system-layers.ts';

/** Who says what is there. */
export const witnesses: Readonly<Record<Ecosystem, string>> = {
  deb: '`dpkg-query`',
  npm: '`npm ls --all`',
  pypi: '`pip list`',
  maven: '`mvn dependency:list`',
  golang: '`go version -m`',
  rpm: '`rpm -qa`',
  apk: 'the lines of apk’s database, by awk: no package client here has an apk',
  gem: 'RubyGems (`Gem::Specification`)',
  cargo: '`rust-audit-info`',
  composer: '`composer show`',
  nuget: '.NET’s host, by its trace: no package client here has an SDK for `dotnet list package`',
};

function single(
  name: string,
  ecosystem: Ecosystem,
  fill: (folder: string, cache: string) => void,
  truth: (folder: string, cache: string) => string[],
): Recipe {
  return {
    name,
    layers: [(folder, _folders, cache) => fill(folder, cache)],
    baseLayers: 1,
    truth: ([folder = ''], cache) => ({ [ecosystem]: truth(folder, cache) }),
  };
}

const rpm = (name: string, database: string, id: string, version: string, truth = rpmTruth): Recipe =>
  single(name, 'rpm', (folder) => rpmLayer(folder, database, id, version), truth);

export const truthRecipes: readonly Recipe[] = [
  rpm('rpm-rocky', 'rockylinux-9', 'rocky', '9.1'),
  rpm('rpm-oracle', 'oraclelinux-9', 'ol', '9.1'),
  rpm('rpm-fedora', 'fedora35', 'fedora', '35'),
  rpm('rpm-suse-ndb', 'sle15-bci', 'sles', '15.3', ndbTruth),
  rpm('rpm-centos-bdb', 'centos7-many', 'centos', '7'),
  single('apk', 'apk', apkLayer, apkTruth),
  single('gems', 'gem', gemLayer, gemTruth),
  single('rust', 'cargo', cargoLayer, cargoTruth),
  single('php', 'composer', composerLayer, composerTruth),
  single('dotnet', 'nuget', dotnetLayer, dotnetTruth),
];
