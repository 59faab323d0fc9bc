/** Files that say what something is built, run and deployed with: pipelines, images, charts, providers. */
import { describe, expect, test } from 'vitest';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { catalogTree } from './catalog-text.ts';

const SHA = 'ab'.repeat(32);
const COMMIT = 'ef'.repeat(20);

describe('GitHub Actions', () => {
  test('actions, reusable workflows, images, and how firmly they are pinned', () => {
    const components = catalogTree({
      '.github/workflows/ci.yml': `on: push
jobs:
  build:
    runs-on: ubuntu-latest
    container: ghcr.io/o/builder:1.2
    services:
      db: { image: "postgres:16" }
    steps:
      - uses: actions/checkout@v4
      - uses: Owner/Repo/sub/path@${COMMIT} # v1.2.3
      - uses: o/r@main
      - uses: ./.github/actions/own
      - uses: docker://alpine@sha256:${SHA}
      - run: |
          echo "uses: not/this@v1"
  call:
    uses: o/flows/.github/workflows/x.yml@v2
`,
    });
    expect(components.map(({ purl, pin, ecosystem }) => [decodeURIComponent(purl), pin, ecosystem])).toEqual([
      [`pkg:docker/library/alpine@sha256:${SHA}`, 'digest', 'generic'],
      ['pkg:docker/library/postgres@16', 'tag', 'generic'],
      ['pkg:docker/o/builder@1.2?repository_url=ghcr.io', 'tag', 'generic'],
      ['pkg:github/actions/checkout@v4', 'tag', 'GitHub Actions'],
      ['pkg:github/o/flows@v2', 'tag', 'GitHub Actions'],
      ['pkg:github/o/r@main', 'branch', 'GitHub Actions'],
      [`pkg:github/owner/repo@${COMMIT}`, 'digest', 'GitHub Actions'],
    ]);
  });

  test('anchors and aliases, in bounds', () => {
    const workflow = (uses: number) =>
      `env: &env {A: b}\njobs:\n  a:\n    env: *env\n    steps: &steps\n      - uses: a/b@v1\n  b:\n    steps: *steps\n    needs: [${'*env,'.repeat(uses)}]\n`;
    const path = '.github/workflows/ci.yml';
    expect(catalogTree({ [path]: workflow(0) }).map(({ purl }) => purl)).toEqual(['pkg:github/a/b@v1']);
    expect(() => catalogTree({ [path]: workflow(1000) })).toThrow('more than a few aliases');
  });

  test('composite actions; other YAML is not theirs', () => {
    const text = 'runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n';
    expect(catalogTree({ 'my/action.yml': text }).map(({ purl }) => purl)).toEqual(['pkg:github/a/b@v1']);
    expect(catalogerFor('workflows/ci.yml')).toBeUndefined();
  });
});

test('Dockerfile: stages, arguments, platforms, digests', () => {
  const components = catalogTree({
    'build/Dockerfile.prod': `# syntax=docker/dockerfile:1
ARG VERSION=24
ARG REGISTRY
FROM --platform=$BUILDPLATFORM node:\${VERSION}-slim AS build
RUN true
FROM golang:1.26 AS tool
FROM localhost:5000/base/image:1.0@sha256:${SHA} AS base
FROM base
COPY --from=build /a /a
COPY --from=busybox:1.36 /bin/busybox /b
FROM scratch AS none
FROM base
`,
  });
  expect(components.map(({ purl, scope, pin }) => [decodeURIComponent(purl), scope, pin])).toEqual([
    [`pkg:docker/base/image@sha256:${SHA}?repository_url=localhost:5000`, 'runtime', 'digest'],
    ['pkg:docker/library/busybox@1.36', 'development', 'tag'],
    ['pkg:docker/library/golang@1.26', 'development', 'tag'],
    ['pkg:docker/library/node@24-slim', 'development', 'tag'],
  ]);
});

describe('Dockerfile: what is built on', () => {
  test.each([
    [`ARG V=1.22\nARG BASE=golang:\${V}-alpine\nFROM \${BASE}\n`, ['golang@1.22-alpine runtime']],
    [`ARG V=1\nFROM app:\${W:-\${V}}\n`, ['app@1 runtime']],
    [`ARG TAG=9\nFROM app:x\${TAG:+-$TAG}\n`, ['app@x-9 runtime']],
    [`FROM app:x\${TAG:+-$TAG}\n`, ['app@x runtime']],
    // A stage is of that name from the next line on.
    ['FROM node AS node\nFROM node\n', ['node@latest runtime']],
    [
      'FROM a AS x\nCOPY --from=later /a /a\nFROM b AS later\n',
      ['a@latest development', 'b@latest runtime', 'later@latest development'],
    ],
    [
      'FROM a AS x\nRUN --mount=type=bind,from=tool:1,target=/t --mount=type=cache,from=x,target=/c /t/run\n',
      ['a@latest runtime', 'tool@1 development'],
    ],
    // Here-documents, of which one never ends, and what looks like one.
    [
      'FROM a\nRUN python3 <<EOF && cat <<-"TXT"\nfrom os import path\nEOF\nFROM users\n\tTXT\nRUN true\n',
      ['a@latest runtime'],
    ],
    ['FROM a AS x\nRUN cat <<EOF\nFROM b\n', ['a@latest development', 'b@latest runtime']],
    ['FROM a\nRUN cat <<<word\nFROM b\nword\n', ['a@latest development', 'b@latest runtime']],
    ['FROM a\nRUN true \\\n  # from here on\n\n  && true \\\nFROM b\n', ['a@latest runtime']],
    ['# escape=`\nFROM a\nCOPY x C:\\\nFROM b\nRUN dir `\nFROM c\n', ['a@latest development', 'b@latest runtime']],
  ])('%j', (text, images) => {
    const found = catalogTree({ Dockerfile: text }).map(({ purl, scope }) => `${purl} ${scope}`);
    expect(found).toEqual(images.map((image) => `pkg:docker/library/${image}`));
  });
});

test('Chart.lock', () => {
  const components = catalogTree({
    'Chart.lock': `dependencies:
- name: postgresql
  repository: https://charts.example.org/stable
  version: 12.1.0
- name: beside
  repository: file://../beside
  version: 0.1.0
digest: sha256:${SHA}
generated: "2024-01-01T00:00:00Z"
`,
  });
  expect(components.map(({ purl }) => decodeURIComponent(purl))).toEqual([
    'pkg:helm/postgresql@12.1.0?repository_url=https://charts.example.org/stable',
  ]);
});

test('.terraform.lock.hcl', () => {
  const text = `# maintained automatically
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.31.0"
  constraints = "~> 5.0"
  hashes = [
    "h1:abc=",
    "zh:${SHA}",
  ]
}
`;
  expect(catalogTree({ '.terraform.lock.hcl': text })).toMatchObject([
    {
      purl: 'pkg:terraform/registry.terraform.io/hashicorp/aws@5.31.0',
      checksum: 'h1:abc=',
      fetchedFrom: ['https://registry.terraform.io'],
    },
  ]);
});
