import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cachedInstall } from '../fetch/cached-install.ts';
import { verifyFile } from '../fetch/checksum.ts';
import { findOnPath } from '../fetch/find-on-path.ts';
import { runTool } from '../fetch/run-tool.ts';
import type { InstallContext, InstalledPart, Launch, Part } from '../part.ts';
import { StackError } from '../stack-error.ts';
import { findJava } from './java.ts';
import { archivedClasses } from './kafka-classes.ts';
import { kafkaConfig, kafkaLogConfig } from './kafka-config.ts';
import { kafkaJars } from './kafka-jars.ts';

const VERSION = '4.1.1';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const FALLBACK =
  'unpack a Kafka 4.1 release (https://kafka.apache.org/downloads) and put its bin/ on PATH; its libs/ is used';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.pratique</groupId><artifactId>kafka-runtime</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

async function fetchJars(context: InstallContext, staging: string): Promise<void> {
  await writeFile(join(staging, 'pom.xml'), POM);
  await runTool({
    tool: 'mvn',
    args: ['-B', '-q', `${DEPENDENCY_PLUGIN}:copy-dependencies`, '-DincludeScope=runtime', '-DoutputDirectory=libs'],
    cwd: staging,
    doing: `kafka: fetching kafka_2.13 ${VERSION} and its runtime from Maven Central (43 MB)`,
    fallback: `install Maven, or ${FALLBACK}`,
    log: context.log,
    signal: context.signal,
  });
  await verifyJars(join(staging, 'libs'));
  await rm(join(staging, 'pom.xml'));
}

async function verifyJars(libs: string): Promise<void> {
  const present = await readdir(libs);
  const missing = Object.keys(kafkaJars).filter((jar) => !present.includes(jar));
  const extra = present.filter((jar) => !(jar in kafkaJars));
  if (missing.length + extra.length > 0)
    throw new StackError(
      'CHECKSUM_MISMATCH',
      `kafka: Maven delivered another set of jars (missing: ${missing.join(', ') || 'none'}; not pinned: ${extra.join(', ') || 'none'})`,
      { hint: FALLBACK },
    );
  for (const [jar, sha256] of Object.entries(kafkaJars)) await verifyFile(join(libs, jar), sha256, FALLBACK);
}

/** The libs of a Kafka release on PATH, with its version; undefined when there is none. */
async function libsOnPath(): Promise<{ libs: string; version: string } | undefined> {
  const script = findOnPath('kafka-server-start.sh');
  if (script === undefined) return undefined;
  const libs = join(dirname(dirname(script)), 'libs');
  if (!existsSync(libs)) return undefined;
  const names = (await readdir(libs)).map((name) => /^kafka_2\.13-(\d[\d.]*)\.jar$/.exec(name)?.[1]);
  const version = names.find((name) => name !== undefined);
  // Before 4.0 a node wants other settings than the ones written here.
  return version === undefined || Number.parseInt(version, 10) < 4 ? undefined : { libs, version };
}

async function install(context: InstallContext): Promise<InstalledPart> {
  const java = await findJava(context);
  const found = await libsOnPath();
  const libs =
    found?.libs ??
    join(await cachedInstall(context.cacheDir, `kafka-${VERSION}`, (dir) => fetchJars(context, dir)), 'libs');
  return {
    version: found?.version ?? VERSION,
    async configure({ home, ports }) {
      const cwd = home.dataDir('kafka');
      await mkdir(cwd, { recursive: true });
      await writeFile(join(cwd, 'server.properties'), kafkaConfig(ports));
      await writeFile(join(cwd, 'log4j2.properties'), kafkaLogConfig);
      const classes = await archivedClasses(context.cacheDir, { java: java.version, libs });
      const run = (heap: string, main: string, ...args: string[]): Launch => ({
        command: java.command,
        args: [
          ...[`-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', '-Djava.awt.headless=true'],
          // A local broker carries little: compiling it well costs more than all it does. Half the processor time of a start.
          ...['-XX:TieredStopAtLevel=1', ...classes.all],
          ...['-Dlog4j2.configurationFile=log4j2.properties', '-cp', join(libs, '*'), main, ...args],
        ],
        env: {},
        cwd,
      });
      if (!existsSync(join(cwd, 'log', 'meta.properties'))) await format(run, context);
      const broker = run('256m', 'kafka.Kafka', 'server.properties');
      return { ...broker, args: [...classes.broker, ...broker.args] };
    },
  };
}

async function format(
  run: (heap: string, main: string, ...args: string[]) => Launch,
  context: InstallContext,
): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A');
  const launch = run('128m', 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', 'server.properties');
  // What a run that was cut short left behind would be taken for somebody else's log.
  await rm(join(launch.cwd, 'log'), { recursive: true, force: true });
  await runTool({
    tool: launch.command,
    args: launch.args,
    cwd: launch.cwd,
    doing: 'kafka: formatting its storage',
    fallback: `look at what Kafka says above; its data is in ${launch.cwd}`,
    log: () => undefined,
    signal: context.signal,
  });
}

/** Apache Kafka in KRaft mode: one node, no ZooKeeper, no automatic topics. */
export const kafka: Part = {
  name: 'kafka',
  kind: 'server',
  ports: { main: 9092, controller: 9093 },
  stopSignal: 'SIGTERM',
  install,
  address: (ports) => `127.0.0.1:${ports.main}`,
  async checkHealth({ connection }) {
    const admin = new Kafka({
      clientId: 'pratique-health',
      brokers: connection.kafkaBrokers.split(','),
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    }).admin();
    try {
      await admin.connect();
      const cluster = await admin.describeCluster();
      if (cluster.brokers.length === 0) throw new Error('the broker has not registered yet');
    } finally {
      await admin.disconnect();
    }
  },
};
