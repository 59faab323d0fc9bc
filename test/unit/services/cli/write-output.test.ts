import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CliIo } from '../../../../services/cli/io.ts';
import { writeOutput } from '../../../../services/cli/write-output.ts';

let folder: string;
let io: CliIo;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pratique-test-output-'));
  io = { cwd: folder } as CliIo;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a result that is written to a place', () => {
  test('replaces the file of before, whole, and leaves nothing beside it', async () => {
    writeFileSync(path.join(folder, 'before.json'), 'the one of before');
    await writeOutput(['{', '}'], 'before.json', io);
    expect(readFileSync(path.join(folder, 'before.json'), 'utf8')).toBe('{}');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('goes into a device, and the device stays', async () => {
    const device = path.join(folder, 'device');
    symlinkSync('/dev/zero', device);
    await writeOutput(['nobody reads this'], device, io);
    expect(lstatSync(device).isSymbolicLink()).toBe(true);
    expect(statSync(device).isCharacterDevice()).toBe(true);
  });

  test('goes into a pipe, and the pipe stays', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [, read] = await Promise.all([writeOutput(['through ', 'it'], pipe, io), readFile(pipe, 'utf8')]);
    expect(read).toBe('through it');
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  test('goes where a link leads, and the link stays', async () => {
    writeFileSync(path.join(folder, 'real.json'), 'the one of before');
    const link = path.join(folder, 'link.json');
    symlinkSync('real.json', link);
    await writeOutput(['{}'], link, io);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(path.join(folder, 'real.json'), 'utf8')).toBe('{}');
  });

  test('in a folder that is not there is an error that names it', async () => {
    await expect(writeOutput(['x'], 'nowhere/out.json', io)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: 'nowhere/out.json can not be written',
    });
  });
});
