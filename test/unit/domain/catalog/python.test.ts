import { expect, test } from 'vitest';
import { pythonDistInfoCataloger } from '../../../../domain/catalog/python/cataloger.ts';
import { normaliseName, parseMetadata } from '../../../../domain/catalog/python/parse-metadata.ts';

const flask = `Metadata-Version: 2.1
Name: Flask
Version: 2.0.1
License: BSD-3-Clause
Classifier: License :: OSI Approved :: BSD License
Requires-Dist: Werkzeug (>=2.0)
Requires-Dist: ruamel.yaml[jinja2] >=0.17 ; python_version >= "3.8"
Requires-Dist: asgiref (>=3.2) ; extra == 'async'

Name: not a header any more
`;

test('a wheel’s METADATA', () => {
  const bytes = new TextEncoder().encode(flask);
  expect(pythonDistInfoCataloger.catalog('x/Flask-2.0.1.dist-info/METADATA', bytes)).toMatchObject({
    components: [
      {
        purl: 'pkg:pypi/flask@2.0.1',
        ecosystem: 'PyPI',
        advisoryName: 'flask',
        name: 'Flask',
        licences: [{ kind: 'expression', expression: 'BSD-3-Clause' }],
        requires: ['werkzeug', 'ruamel-yaml'],
      },
    ],
  });
});

test.each([
  ['usr/lib/python3/dist-packages/six-1.16.0.egg-info', true],
  ['usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO', true],
  ['venv/lib/python3.12/site-packages/a-1.dist-info/METADATA', true],
  ['venv/lib/python3.12/site-packages/a-1.dist-info/RECORD', false],
  ['METADATA', false],
])('wants %s: %s', (path, wanted) => {
  expect(pythonDistInfoCataloger.wants(path)).toBe(wanted);
});

test.each([
  // PEP 639: the expression is the word, whatever the older fields say.
  [
    'License-Expression: MIT OR Apache-2.0\nLicense: nonsense',
    [{ kind: 'expression', expression: 'MIT OR Apache-2.0' }],
  ],
  [
    'Classifier: License :: OSI Approved :: MIT License\nLicense: see file',
    [{ kind: 'expression', expression: 'MIT' }],
  ],
  ['Classifier: License :: OSI Approved :: BSD License', [{ kind: 'unresolved', text: 'BSD License' }]],
  ['License: UNKNOWN', []],
])('licences of %j', (fields, licences) => {
  expect(parseMetadata(`Name: a\nVersion: 1\n${fields}\n`).licences).toEqual(licences);
});

test.each(['', 'Name: a\n', 'Version: 1\n', 'Name: ../a\nVersion: 1\n'])('%j is refused', (text) => {
  expect(() => parseMetadata(text)).toThrow(/Name and a Version/);
});

test('PEP 503', () => {
  expect(normaliseName('Ruamel._-yaml')).toBe('ruamel-yaml');
});
