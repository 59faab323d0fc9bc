import { decodeYaml } from '../decode-yaml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { parseChartLock } from './parse-chart-lock.ts';

/** Charts that the lockfile of a Helm chart pins. */
export const chartLockfileCataloger = lockfileCataloger(
  {
    name: 'helm-lockfile',
    isNamed: (file) => file === 'Chart.lock',
    maxMebibytes: 4,
    naming: { ecosystem: 'generic', purl: (name) => ({ type: 'helm', name }) },
  },
  (bytes) => parseChartLock(decodeYaml(bytes)[0]),
);
