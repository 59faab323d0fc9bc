/**
 * Go module versions (https://go.dev/ref/mod#versions): semantic versions with a `v`; pseudo-versions are pre-releases,
 * `+incompatible` is build metadata. The toolchain's own releases (`go1.21rc2`, https://go.dev/doc/toolchain#version)
 * are brought to the semantic form the Go vulnerability database uses for `stdlib`: `1.21.0-rc.2`.
 */
import { orderBy } from './order.ts';
import { comparePrecedence, parseSemver } from './semver.ts';

const TOOLCHAIN = /^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?$/;

function toSemver(version: string): string {
  // `go1.22.1-custom` and `go1.22.1 X:experiment`: vendors' suffixes do not change the release.
  const release = version.startsWith('go') ? (version.split(/[ -]/, 1)[0] ?? version) : version;
  const match = TOOLCHAIN.exec(release);
  if (match === null) return version;
  const [, major, minor, patch = '0', stage, number] = match;
  return `${major}.${minor}.${patch}${stage === undefined ? '' : `-${stage}.${number}`}`;
}

export const compareGo = orderBy((text) => parseSemver(toSemver(text)), comparePrecedence);
