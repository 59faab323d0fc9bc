import { expect, test } from 'vitest';
import { pickFetchEnvironment } from '../../../../adapters/builder/fetch-environment.ts';

test('only where to fetch from and whom to trust is passed on', () => {
  const passed = {
    npm_config_registry: 'a',
    NPM_CONFIG_CAFILE: 'b',
    https_proxy: 'c',
    NODE_EXTRA_CA_CERTS: 'd',
    PIP_INDEX_URL: 'e',
  };
  const kept = {
    PRATIQUE_KEY_PASSPHRASE: 'x',
    COSIGN_PASSWORD: 'x',
    NPM_TOKEN: 'x',
    'npm_config_//host/:_authToken': 'x',
    npm_config_userconfig: 'x',
    npm_config_script_shell: 'x',
    NODE_OPTIONS: 'x',
    LD_PRELOAD: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    PATH: 'x',
  };
  expect(pickFetchEnvironment({ ...kept, ...passed, HTTP_PROXY: undefined })).toEqual(passed);
});
