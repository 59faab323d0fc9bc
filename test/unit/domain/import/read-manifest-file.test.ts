import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodeDocuments } from '../../../../domain/import/decode-documents.ts';
import { MAX_IMPORT_REFERENCES } from '../../../../domain/import/import-book.ts';
import { ImportError } from '../../../../domain/import/import-error.ts';
import { isManifestFile, readManifestFile } from '../../../../domain/import/read-manifest-file.ts';
import { ReferenceList } from '../../../../domain/import/reference-list.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const digest = `sha256:${'c'.repeat(64)}`;

function read(path: string, text: string) {
  const found = new ReferenceList();
  readManifestFile(bytes(text), path, found);
  return { references: found.references.map(({ reference, place }) => [reference, place]), problems: found.problems };
}

describe('a folder of manifests', () => {
  test.each<[string, string, string, [string, string][]]>([
    [
      'Kubernetes, several documents',
      'apps/web.yaml',
      `# the shop
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { spec: { containers: [{ name: app, image: 'r.test/web:1' }] } } }
---
apiVersion: v1
kind: Pod
metadata:
  name: job
spec:
  containers:
    - name: run
      image: r.test/job@${digest}
`,
      [
        ['r.test/web:1', 'apps/web.yaml: shop/Deployment/web: container app'],
        [`r.test/job@${digest}`, 'apps/web.yaml: Pod/job: container run'],
      ],
    ],
    [
      'a kustomization',
      'overlays/prod/kustomization.yaml',
      `images:
  - { name: web, newName: r.test/web, newTag: '1.10' }
  - { name: r.test/api, digest: '${digest}' }
`,
      [
        ['r.test/web:1.10', 'overlays/prod/kustomization.yaml: images web'],
        [`r.test/api@${digest}`, 'overlays/prod/kustomization.yaml: images r.test/api'],
      ],
    ],
    [
      'values of a chart',
      'values-prod.yaml',
      `image: { registry: r.test, repository: web, tag: 1.10 }
sidecar: { image: { repository: r.test/proxy, tag: v2, digest: '${digest}' } }
initImage: r.test/init:3
service: { repository: https://charts.test, port: 80 }
`,
      [
        ['r.test/web:1.10', 'values-prod.yaml: image'],
        [`r.test/proxy@${digest}`, 'values-prod.yaml: sidecar.image'],
        ['r.test/init:3', 'values-prod.yaml: initImage'],
      ],
    ],
    [
      'values that Flux keeps in its object',
      'release.yaml',
      `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web }
spec: { values: { image: { repository: r.test/web, tag: 1 } } }
`,
      [['r.test/web:1', 'release.yaml: values image']],
    ],
    [
      'a Compose file',
      'docker-compose.prod.yml',
      'services: { web: { image: r.test/web:1 }, local: { build: . } }\n',
      [['r.test/web:1', 'docker-compose.prod.yml: service web']],
    ],
    ['other YAML', '.github/workflows/ci.yaml', 'jobs: { build: { container: { image: r.test/ci:1 } } }\n', []],
  ])('%s', (_, path, text, expected) => {
    const { references, problems } = read(path, text);
    expect(references.toSorted()).toEqual(expected.toSorted());
    expect(problems).toEqual([]);
  });

  test.each([
    ['a template', 'chart/templates/web.yaml', 'kind: Pod\nimage: {{ .Values.image }}\n', /render it first/],
    ['a template that is no YAML', 'web.yaml', '{{- if .Values.on }}\nkind: Pod\n{{- end }}\n', /render it first/],
    ['a variable', 'compose.yaml', 'services: { web: { image: "r.test/web:$TAG" } }\n', /variable/],
    [
      'a tag that stands elsewhere',
      'values.yaml',
      'image: { repository: r.test/web, tag: "" }\n',
      /neither tag nor digest/,
    ],
    [
      'a name that is only changed',
      'kustomization.yaml',
      'images: [{ name: web, newName: r.test/web }]\n',
      /neither newTag/,
    ],
    ['an alias', 'compose.yaml', 'x: &a { image: r.test/web:1 }\nservices: { web: *a }\n', /aliases/],
    ['a key twice', 'values.yaml', 'image: r.test/a:1\nimage: r.test/b:1\n', /YAML/],
  ])('tells of %s, and guesses nothing', (_, path, text, reason) => {
    const { references, problems } = read(path, text);
    expect(references).toEqual([]);
    expect(problems).toEqual([{ place: expect.stringContaining(path), reason: expect.stringMatching(reason) }]);
  });

  test.each([
    ['web.yaml', true],
    ['Kustomization', true],
    ['web.json', false],
    ['yaml', false],
  ])('looks into %s: %s', (name, expected) => {
    expect(isManifestFile(name)).toBe(expected);
  });

  it('whatever a file holds, nothing but an error of its own comes of it', () => {
    const files = fc.constantFrom('values.yaml', 'compose.yaml', 'kustomization.yaml', 'web.yaml');
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: fc.constantFrom('- ', '{', '[', 'a: ', '\n', '&a ', '*a ') }),
    );
    fc.assert(fc.property(files, texts, (name, text) => void read(name, text)));
  });
});

describe('objects of a cluster', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['no UTF-8', new Uint8Array([0xff, 0xfe, 0x00]), 'IMPORT_NOT_TEXT'],
    ['JSON that breaks off', '{"items": [', 'IMPORT_NOT_READABLE'],
    ['a key twice', '{"kind": "Pod", "kind": "List"}', 'IMPORT_NOT_READABLE'],
    ['a key twice, spelled otherwise', '{"kind": "Pod", "k\\u0069nd": "List"}', 'IMPORT_NOT_READABLE'],
    ['JSON nested a million deep', '['.repeat(1_000_000), 'IMPORT_NOT_READABLE'],
    ['YAML nested deep', `a: ${'['.repeat(5000)}`, 'IMPORT_NOT_READABLE'],
    ['YAML that multiplies', `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]`, 'IMPORT_NOT_READABLE'],
    ['ten thousand documents', '---\na: b\n'.repeat(10_001), 'IMPORT_TOO_MANY'],
  ])('%s is refused', (_, text, code) => {
    const decode = () => decodeDocuments(typeof text === 'string' ? bytes(text) : text);
    expect(decode).toThrow(ImportError);
    expect(decode).toThrow(expect.objectContaining({ code }));
  });

  it('`__proto__` is a key like any other', () => {
    const [document] = decodeDocuments(bytes('{"__proto__": {"kind": "Pod", "apiVersion": "v1"}}'));
    expect(Object.hasOwn(document as object, '__proto__')).toBe(true);
  });
});

it('there is an end to references', () => {
  const found = new ReferenceList();
  for (let at = 0; at < MAX_IMPORT_REFERENCES; at += 1) found.add(`a.test/b:${at}`, 'here');
  found.add('a.test/b:1', 'here');
  expect(found.references).toHaveLength(MAX_IMPORT_REFERENCES);
  expect(() => found.add('a.test/b:x', 'here')).toThrow(expect.objectContaining({ code: 'IMPORT_TOO_MANY' }));
});

it('problems are counted on, however many there are', () => {
  const found = new ReferenceList();
  for (let at = 0; at < 20_000; at += 1) found.report(`place ${at}`, 'why');
  expect(found.problems).toHaveLength(10_001);
  expect(found.problems.at(-1)?.reason).toMatch(/more than 10000/);
});
