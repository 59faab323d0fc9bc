import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { isOptionalFile } from '../../../../domain/catalog/optional-files.ts';

const names = [
  'copyright',
  'release',
  'VERSION',
  'x.md5sums',
  'status',
  'status.d',
  'package.json',
  'a.jar',
  'go',
  'x',
];
const folders = ['usr', 'share', 'doc', 'var', 'lib', 'dpkg', 'info', 'status.d', 'go', 'node_modules', 'jvm'];

test('a file is optional where its cataloger says so', () => {
  const path = fc.array(fc.constantFrom(...folders), { maxLength: 5 });
  let optional = 0;
  fc.assert(
    fc.property(path, fc.constantFrom(...names), (parts, name) => {
      const file = [...parts, name].join('/');
      if (isOptionalFile(file)) optional += 1;
      expect([file, isOptionalFile(file)]).toEqual([file, catalogerFor(file)?.isOptional === true]);
    }),
    {
      numRuns: 1000,
      examples: [
        [['usr', 'share', 'doc', 'bash'], 'copyright'],
        [['var', 'lib', 'dpkg', 'info'], 'x.md5sums'],
        [['usr', 'local', 'go'], 'VERSION'],
        [['usr', 'lib', 'jvm'], 'release'],
      ] as [string[], string][],
    },
  );
  expect(optional).toBeGreaterThan(3);
});
