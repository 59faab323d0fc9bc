/** The images measured: real packages from Debian, npm, PyPI, Maven Central and Go, pinned where their managers can be. */
import path from 'node:path';
import {
  goLayer,
  goPrograms,
  goTruth,
  javaLayer,
  javaTruth,
  npmLayer,
  npmTruth,
  pythonLayer,
  pythonTruth,
} from './app-layers.ts';
import { debianLayer, dpkgTruth, removePackage } from './debian-layer.ts';

export type Ecosystem =
  | 'deb'
  | 'npm'
  | 'pypi'
  | 'maven'
  | 'golang'
  | 'rpm'
  | 'apk'
  | 'gem'
  | 'cargo'
  | 'composer'
  | 'nuget';

export interface Recipe {
  readonly name: string;
  /** From the base up: each fills its folder; `folders` are those of the layers beneath. */
  readonly layers: readonly ((folder: string, folders: readonly string[], cache: string) => void)[];
  /** How many layers are a base that others share. */
  readonly baseLayers: number;
  /** `name version` by ecosystem, from the native tools. */
  truth(folders: readonly string[], cache: string): Partial<Record<Ecosystem, string[]>>;
}

const base = [
  'base-files',
  'bash',
  'coreutils',
  'dpkg',
  'apt',
  'libc-bin',
  'grep',
  'sed',
  'tar',
  'gzip',
  'findutils',
  'login',
  'passwd',
  'mawk',
  'perl',
  'curl',
  'git',
];
const debian: Recipe['layers'][number] = (folder) => debianLayer(folder, base);

const npmPackages = {
  'react-scripts': '5.0.1',
  '@nestjs/cli': '10.4.9',
  '@nestjs/core': '10.4.15',
  '@angular/cli': '18.2.12',
  '@aws-sdk/client-s3': '3.700.0',
  '@vue/cli-service': '5.0.8',
  express: '4.21.1',
  mocha: '11.0.1',
  mongoose: '8.8.3',
  serve: '14.2.4',
  stylelint: '16.11.0',
};

const pythonPackages = [
  'numpy==1.26.4',
  'pandas==2.2.3',
  'scipy==1.14.1',
  'scikit-learn==1.5.2',
  'matplotlib==3.9.3',
  'jupyterlab==4.3.1',
  'sqlalchemy==2.0.36',
  'polars==1.16.0',
  'pyarrow==18.1.0',
  'statsmodels==0.14.4',
];

const javaDependencies = [
  'org.springframework.boot:spring-boot-starter-web:3.3.6',
  'org.springframework.boot:spring-boot-starter-data-jpa:3.3.6',
  'org.springframework.boot:spring-boot-starter-security:3.3.6',
  'org.springframework.boot:spring-boot-starter-actuator:3.3.6',
  'org.springframework.kafka:spring-kafka:3.2.5',
  'org.postgresql:postgresql:42.7.4',
  'com.google.guava:guava:33.3.1-jre',
  'org.apache.commons:commons-lang3:3.17.0',
  'org.apache.httpcomponents.client5:httpclient5:5.4.1',
  'org.apache.pdfbox:pdfbox:3.0.3',
];

const goModules = [
  'github.com/anchore/syft/cmd/syft@v1.52.0',
  'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
  'github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.0',
];

/** One package and what it needs that is not there yet, a layer each. */
const steps = [
  'vim-tiny',
  'nano',
  'less',
  'openssh-client',
  'rsync',
  'jq',
  'make',
  'sqlite3',
  'redis-tools',
  'postgresql-client',
  'python3-minimal',
  'ruby',
  'tmux',
  'htop',
  'strace',
  'gdb-minimal',
  'nginx-light',
  'socat',
];

const below = (folders: readonly string[]): string => folders.at(-1) ?? '';

export const recipes: readonly Recipe[] = [
  {
    name: 'node-app',
    layers: [
      debian,
      (folder, folders) => debianLayer(folder, ['nodejs'], below(folders)),
      (folder) => npmLayer(folder, npmPackages),
    ],
    baseLayers: 2,
    truth: ([, node = '', app = '']) => ({ deb: dpkgTruth(node), npm: npmTruth(app) }),
  },
  {
    name: 'python-science',
    layers: [
      debian,
      (folder, folders) => debianLayer(folder, ['python3'], below(folders)),
      (folder) => pythonLayer(folder, pythonPackages),
    ],
    baseLayers: 2,
    truth: ([, python = '', app = '']) => ({ deb: dpkgTruth(python), pypi: pythonTruth(app) }),
  },
  {
    name: 'java-app',
    layers: [
      debian,
      (folder, folders) => debianLayer(folder, ['openjdk-17-jre-headless'], below(folders)),
      (folder) => javaLayer(folder, javaDependencies),
    ],
    baseLayers: 2,
    truth: ([, java = '', app = '']) => ({ deb: dpkgTruth(java), maven: javaTruth(app) }),
  },
  {
    name: 'go-tools',
    layers: [debian, (folder, _folders, cache) => goLayer(folder, goPrograms(cache, goModules))],
    baseLayers: 1,
    truth: ([system = ''], cache) => ({ deb: dpkgTruth(system), golang: goTruth(goPrograms(cache, goModules)) }),
  },
  {
    name: 'twenty-layers',
    layers: [
      debian,
      ...steps.map(
        (step): Recipe['layers'][number] =>
          (folder, folders) =>
            debianLayer(folder, [step], below(folders)),
      ),
      (folder, folders) => removePackage(folder, 'socat', below(folders)),
    ],
    baseLayers: 15,
    truth: (folders) => ({ deb: dpkgTruth(path.join(below(folders))) }),
  },
];
