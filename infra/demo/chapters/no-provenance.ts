import { eventually, isJudged, plainRegistry } from '../stage.ts';
import type { Story } from '../story.ts';
import { buildTinyImage } from '../tiny-image.ts';

/** Chapter 3: a push nobody vouches for, and a tag that was moved to other bytes. */
export async function enterWithoutProvenance({ teller, api, people }: Story): Promise<void> {
  teller.chapter('A push without provenance, and a tag that moved');
  const { registry, close } = await plainRegistry(api);
  try {
    teller.say(
      'Somebody pushes an image with a registry client. It is clean; but nobody says who built it, from what.',
    );
    await buildTinyImage(registry, 'apps/unknown', '1.0', 'nobody knows where this comes from');
    await isJudged(api, 'apps/unknown:1.0');
    await teller.run(['promote', 'apps/unknown:1.0', '--to', 'dev', '--dry-run'], { ...people.olga, expect: [0, 1] });
    teller.say(
      'Then they push other bytes under the tag of the shop. The tag is noticed; what was judged is a digest, and stays:',
    );
    const before = await registry.resolve('prod/apps/shop', '1.0');
    await buildTinyImage(registry, 'apps/shop', '1.0', 'not the shop');
    await isJudged(api, 'apps/shop:1.0');
    await eventually('the moved tag to be noticed', async () =>
      (await api.artifact('apps/shop:1.0'))?.openFindings.some(({ kind }) => kind === 'tag-moved') ? true : undefined,
    );
    await teller.run(['artifact', 'timeline', 'apps/shop:1.0'], { lines: 14 });
    const after = await registry.resolve('prod/apps/shop', '1.0');
    if (before === undefined || after?.digest !== before.digest)
      throw new Error('prod serves other bytes than were promoted');
    teller.say(`prod/apps/shop:1.0 is still ${after.digest}`);
  } finally {
    await close();
  }
}
