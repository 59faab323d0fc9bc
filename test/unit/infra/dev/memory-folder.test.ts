import { expect, test } from 'vitest';
import { type Machine, memoryFolder } from '../../../../infra/dev/memory-folder.ts';

const GIB = 1024 ** 3;
const roomy: Machine = {
  folder: () => ({ type: 0x01021994, free: 12 * GIB }),
  mounts: () => 'proc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n',
  available: () => 20 * GIB,
};

test('memory is used where there is twice what is wanted', () => {
  expect(memoryFolder(10 * GIB, roomy)).toBe('/dev/shm');
});

test.each<[string, Partial<Machine>]>([
  [
    'there is no such folder, or it may not be written',
    {
      folder: () => {
        throw new Error('ENOENT');
      },
    },
  ],
  ['it is a disk', { folder: () => ({ type: 0xef53, free: 12 * GIB }) }],
  ['it is too small', { folder: () => ({ type: 0x01021994, free: 9 * GIB }) }],
  ['the container may not have so much', { available: () => 19 * GIB }],
  ['programs in it may not be run', { mounts: () => 'shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime 0 0\n' }],
  [
    'what is mounted over it allows no programs',
    { mounts: () => 'tmpfs /dev/shm tmpfs rw 0 0\nshm /dev/shm tmpfs rw,noexec 0 0\n' },
  ],
])('not where %s', (_, other) => {
  expect(memoryFolder(10 * GIB, { ...roomy, ...other })).toBeUndefined();
});
