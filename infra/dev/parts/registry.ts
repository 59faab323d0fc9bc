import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedInstall } from '../fetch/cached-install.ts';
import { sha256File } from '../fetch/checksum.ts';
import { findOnPath } from '../fetch/find-on-path.ts';
import { runTool } from '../fetch/run-tool.ts';
import type { InstallContext, InstalledPart, Part } from '../part.ts';
import { readSecret } from '../secrets.ts';
import { StackError } from '../stack-error.ts';
import { registryConfig } from './registry-config.ts';

/** sha256 of the amd64 packages we have tried. Point releases of Debian bring others: see fetchPackage. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'docker-registry_2.8.2+ds1-1_amd64.deb': 'a9bd06c0e006854608f8469b4371743f40604ad90975532bb3b7ceeb72fe2913',
};
const FALLBACK =
  'put a `registry` on PATH: `go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2` builds one';

async function fetchPackage(context: InstallContext, staging: string): Promise<void> {
  const apt = {
    cwd: staging,
    fallback: `on a machine without apt, ${FALLBACK}`,
    log: context.log,
    signal: context.signal,
  };
  const doing = 'registry: fetching docker-registry from Debian (5 MB)';
  await runTool({ ...apt, tool: 'apt-get', args: ['download', 'docker-registry'], doing });
  const deb = (await readdir(staging)).find((name) => name.endsWith('.deb'));
  if (deb === undefined)
    throw new StackError('FETCH_FAILED', 'registry: apt left no package behind', { hint: FALLBACK });
  const actual = await sha256File(join(staging, deb));
  // apt writes the epoch's colon as %3a.
  const pinned = ACCEPTED[decodeURIComponent(deb)];
  if (pinned === undefined) await verifyByApt({ ...apt, deb, actual });
  else if (pinned !== actual)
    throw new StackError('CHECKSUM_MISMATCH', `${deb} is not the pinned file: ${actual}, not ${pinned}`, {
      hint: FALLBACK,
    });
  await runTool({
    ...apt,
    tool: 'dpkg-deb',
    args: ['-x', deb, 'root'],
    doing: 'registry: unpacking',
    log: () => undefined,
  });
  await copyFile(join(staging, 'root', 'usr', 'bin', 'docker-registry'), join(staging, 'registry'));
  for (const name of [deb, 'root']) await rm(join(staging, name), { recursive: true });
}

/** A version nobody has pinned: accepted when it is what apt's signed package lists name, and said aloud. */
async function verifyByApt(options: {
  readonly deb: string;
  readonly actual: string;
  readonly cwd: string;
  readonly fallback: string;
  readonly log: InstallContext['log'];
  readonly signal: AbortSignal;
}): Promise<void> {
  const listed = await runTool({
    ...options,
    tool: 'apt-cache',
    args: ['show', 'docker-registry'],
    doing: 'registry: reading what apt knows of docker-registry',
  });
  if (!listed.includes(`SHA256: ${options.actual}`))
    throw new StackError('CHECKSUM_MISMATCH', `${options.deb} is not in apt's signed package lists`, {
      hint: FALLBACK,
    });
  options.log(`registry: ${options.deb} is not a version pinned here; accepted by apt's signed package lists`);
}

async function install(context: InstallContext, hasUsers: boolean): Promise<InstalledPart> {
  const program =
    findOnPath('registry') ??
    findOnPath('docker-registry') ??
    join(await cachedInstall(context.cacheDir, 'registry-debian', (dir) => fetchPackage(context, dir)), 'registry');
  const output = await runTool({
    tool: program,
    args: ['--version'],
    cwd: '/',
    doing: `registry: asking ${program} for its version`,
    fallback: FALLBACK,
    log: () => undefined,
    signal: context.signal,
  });
  const version = /distribution(?:\/v\d+)? v?(\S+)/.exec(output)?.[1];
  if (version === undefined)
    throw new StackError('TOOL_MISSING', `${program} is not the CNCF distribution registry`, { hint: FALLBACK });
  return {
    version,
    async configure({ home, ports, connection }) {
      const data = home.dataDir('registry');
      await mkdir(join(data, 'storage'), { recursive: true });
      const config = registryConfig({
        listen: `127.0.0.1:${ports.main}`,
        storageDir: join(data, 'storage'),
        gatewayUrl: connection.gatewayUrl,
        webhookSecret: await readSecret(home.webhookSecretFile),
        httpSecret: randomBytes(32).toString('hex'),
        ...(hasUsers
          ? { users: { gatewayUrl: connection.gatewayUrl, certificateFile: home.registryTokenCertificateFile } }
          : {}),
      });
      await writeFile(join(data, 'config.yml'), config, { mode: 0o600 });
      // It holds little and allocates much: collecting less often costs tens of megabytes.
      // Version 3 sends traces to localhost:4318 unless told otherwise.
      return {
        command: program,
        args: ['serve', 'config.yml'],
        env: { OTEL_TRACES_EXPORTER: 'none', GOGC: '400' },
        cwd: data,
      };
    },
  };
}

/** The CNCF distribution registry on a folder, deletes allowed, with a webhook to the gateway. */
function registryPart(hasUsers: boolean): Part {
  return {
    name: 'registry',
    kind: 'server',
    ports: { main: 5000 },
    stopSignal: 'SIGTERM',
    install: (context) => install(context, hasUsers),
    address: (ports) => `127.0.0.1:${ports.main}`,
    async checkHealth({ ports }) {
      const response = await fetch(`http://127.0.0.1:${ports.main}/v2/`, { signal: AbortSignal.timeout(3_000) });
      // One that was started otherwise, by an older version, is not the one that is wanted.
      if (hasUsers && response.ok) throw new Error('it asks nobody who they are');
      if (response.status !== (hasUsers ? 401 : 200)) throw new Error(`GET /v2/: HTTP ${response.status}`);
    },
  };
}

/** Asks for tokens of the gateway. */
export const registry = registryPart(true);
/** Lets everybody do everything: for tests of what the registry itself does, without a gateway. */
export const registryWithoutUsers = registryPart(false);
