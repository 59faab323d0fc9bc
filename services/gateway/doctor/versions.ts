import process from 'node:process';
import type { Finding, ServerCheck } from './check.ts';

const POSTGRES_OLDEST = 15;
/** Updates, and what happens to a workflow id that is taken, are stable from here on. */
const TEMPORAL_OLDEST: readonly [number, number] = [1, 24];
const NODE_OLDEST = 24;

export function judgePostgresVersion(number: number): Finding {
  const major = Math.floor(number / 10_000);
  const says = `Postgres ${major}.${number % 10_000}`;
  return major >= POSTGRES_OLDEST
    ? { level: 'ok', says }
    : { level: 'fail', says, next: `upgrade to PostgreSQL ${POSTGRES_OLDEST} or newer` };
}

export function judgeTemporalVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = TEMPORAL_OLDEST;
  const says = `Temporal ${version}`;
  if (!Number.isInteger(major) || !Number.isInteger(minor) || version === '')
    return { level: 'unknown', says: 'Temporal does not say its version', next: 'compare it by hand' };
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
    ? { level: 'ok', says }
    : { level: 'fail', says, next: `upgrade to Temporal ${TEMPORAL_OLDEST.join('.')} or newer` };
}

export function judgeRegistryVersion(apiVersion: string | undefined): Finding {
  if (apiVersion === undefined)
    return {
      level: 'warn',
      says: 'the registry does not say that it speaks the registry API, version 2',
      next: 'check PRATIQUE_REGISTRY: is it a registry, and no web page of one?',
    };
  return apiVersion === 'registry/2.0'
    ? { level: 'ok', says: `the registry speaks ${apiVersion}` }
    : {
        level: 'fail',
        says: `the registry speaks ${apiVersion}`,
        next: 'use one of the OCI distribution specification 1.0 or 1.1',
      };
}

export function judgeNodeVersion(version: string): Finding {
  const says = `Node.js ${version}`;
  return Number(version.split('.')[0]) >= NODE_OLDEST
    ? { level: 'ok', says }
    : { level: 'fail', says, next: `run the services on Node.js ${NODE_OLDEST} or newer` };
}

const away = (name: string) => (): Finding => ({
  level: 'unknown',
  says: `${name} does not answer`,
  next: 'see what runs: pratique status',
});

export const check: ServerCheck = {
  name: 'versions',
  examine: (facts) =>
    Promise.all([
      facts.databaseVersion().then(judgePostgresVersion).catch(away('Postgres')),
      facts
        .temporal()
        .then(({ version }) => judgeTemporalVersion(version))
        .catch(away('Temporal')),
      facts
        .registry()
        .then(({ apiVersion }) => judgeRegistryVersion(apiVersion))
        .catch(away('the registry')),
      Promise.resolve(judgeNodeVersion(process.versions.node)),
    ]),
};
