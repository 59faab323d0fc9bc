import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { installed } from '../../../../domain/fault/fault-hook.ts';
import { type FaultPoint, faultPoints, reach } from '../../../../domain/fault/fault-point.ts';
import { directHere } from '../../../faults/obey.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const names = Object.keys(faultPoints) as FaultPoint[];

function sources(...folders: readonly string[]): readonly { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, folder, path), 'utf8') })),
  );
}

describe('fault points', () => {
  const shipped = sources('domain', 'workflows', 'activities', 'adapters', 'services', 'infra');

  it.each(names)('%s is one place in what is shipped', (name) => {
    const places = shipped.filter(({ text }) => text.includes(`reach('${name}'`));
    expect(places.map(({ path }) => path)).toHaveLength(1);
  });

  // Who names a point there stops at it, and fails where nobody comes.
  const races = sources('test').filter(
    ({ path, text }) => text.includes('stopAt(') && !path.endsWith('fault-points.test.ts'),
  );

  it.each(names)('%s is driven by a race', (name) => {
    expect(races.filter(({ text }) => text.includes(`'${name}'`)).length).toBeGreaterThan(0);
  });

  it('are nowhere else, and nothing that is shipped asks for a fault', () => {
    const reached = shipped.flatMap(({ text }) => [...text.matchAll(/\breach\('([^']+)'/g)].map((match) => match[1]));
    expect(reached.filter((name) => !names.includes(name as FaultPoint))).toEqual([]);
    expect(shipped.filter(({ text }) => text.includes('PRATIQUE_TEST_FAULTS'))).toEqual([]);
  });
});

describe('reaching a point', () => {
  afterEach(() => {
    delete installed.hook;
  });

  it('is nothing outside tests', () => {
    expect(reach('promotion.live', 'anything')).toBeUndefined();
  });

  it('stops there until told, once, and only about what was named', async () => {
    const faults = directHere();
    const trap = faults.stopAt('promotion.live', { about: 'b' });
    await reach('promotion.live', 'a');
    let gone = false;
    const passing = reach('promotion.live', 'b')?.then(() => {
      gone = true;
    });
    const stopped = await trap.stopped;
    expect([stopped.subject, gone]).toEqual(['b', false]);
    stopped.go();
    await passing;
    await reach('promotion.live', 'b');
    expect([...faults.driven]).toEqual(['promotion.live']);
    faults.close();
    expect(reach('promotion.live', 'b')).toBeUndefined();
  });

  it('fails there as told, and says so when nobody comes', async () => {
    const faults = directHere();
    const trap = faults.stopAt('blob.stored');
    const failing = reach('blob.stored', 'x');
    (await trap.stopped).fail('the disk is full');
    await expect(failing).rejects.toThrow('the disk is full');
    await expect(faults.stopAt('blob.stored', { withinMs: 5 }).stopped).rejects.toThrow(
      'nobody reached blob.stored about anything',
    );
    faults.close();
  });
});
