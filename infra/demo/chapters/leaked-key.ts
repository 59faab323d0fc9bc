import { writeFile } from 'node:fs/promises';
import type { Registry } from '../../../domain/artifact/registry.ts';
import { plainRegistry, promotionIs, provenBy, startBuild } from '../stage.ts';
import type { Story } from '../story.ts';
import { plantedFile, publishTampered } from '../tampered-build.ts';

/** Chapter 4: the builder's key leaks; everything it built is quarantined, rebuilt, and brought back through the same gates. */
export async function leakBuilderKey(story: Story): Promise<void> {
  const { teller, api, people } = story;
  teller.chapter("The builder's key leaks");
  const { registry, close } = await plainRegistry(api);
  try {
    await enterProduction(story, registry);
    teller.say(
      `A week later: the key of builder-1 was in a backup somebody else had. rita opens an incident on the builder. First, what`,
    );
    teller.say('would it touch?');
    await teller.run(
      ['quarantine', 'builder:builder-1', '--reason', 'its signing key leaked', '--dry-run'],
      people.rita,
    );
    await teller.run(['quarantine', 'builder:builder-1', '--reason', 'its signing key leaked', '--wait'], {
      ...people.rita,
      lines: 24,
    });
    for (const name of ['shop', 'clock', 'greeter'])
      if ((await registry.resolve(`prod/apps/${name}`, '1.0')) !== undefined)
        throw new Error(`prod still serves ${name}`);
    teller.say(
      'The registry, asked directly: prod serves none of them any more. Copies are kept under quarantine/ for those who investigate.',
    );
    await trustNewBuilder(story);
    await rebuildGreeter(story);
    await releaseClock(story);
  } finally {
    await close();
  }
}

async function enterProduction(story: Story, registry: Registry): Promise<void> {
  const { teller, stage, api, people } = story;
  teller.say(
    'Two more applications of builder-1 go to production: the clock, as it was committed; and the greeter, into which somebody',
  );
  teller.say(
    `with a copy of the key has put a file that is in no commit (${plantedFile}). Signature and provenance verify.`,
  );
  await Promise.all([
    startBuild({ teller, stage, people }, 'clock', api.connection.registry).done,
    publishTampered(stage, registry, '1.0'),
  ]);
  for (const name of ['clock', 'greeter']) {
    await promotionIs(api, `apps/${name}:1.0`, 'prod', 'waiting');
    await teller.run(['approve', 'prod', `apps/${name}:1.0`, '--reason', `${name} 1.0`, ...provenBy(stage.approver)], {
      ...people.alice,
      lines: 2,
    });
    await promotionIs(api, `apps/${name}:1.0`, 'prod', 'live');
  }
}

async function trustNewBuilder({ teller, stage }: Story): Promise<void> {
  teller.say(
    '\n  A new builder, on another machine and with a key of its own, is trusted from now on: version 2 of the policy.',
  );
  const file = `${stage.home.dir}/policy-2.yaml`;
  await writeFile(file, stage.policy(2, [stage.oldBuilderKey, await stage.newBuilderKey()]));
  await teller.run(['policy', 'apply', file], { lines: 4 });
}

async function rebuildGreeter({ teller, stage, api, people }: Story): Promise<void> {
  teller.say(
    'The greeter is rebuilt from the commit its provenance names, and compared with what was in production, file by file:',
  );
  const { out } = await teller.run(['rebuild', 'apps/greeter:1.0', '--reason', 'was it what we committed?', '--wait'], {
    ...people.rita,
    expect: [1],
    lines: 24,
  });
  if (!out.includes(plantedFile)) throw new Error(`the rebuild did not show ${plantedFile}`);
  teller.say('Other bytes: the rebuild is a replacement, and goes through the same gates, approval included.');
  await promotionIs(api, 'apps/greeter:1.0', 'prod', 'waiting');
  await teller.run(
    ['approve', 'prod', 'apps/greeter:1.0', '--reason', 'the clean rebuild', ...provenBy(stage.approver)],
    {
      ...people.alice,
      lines: 2,
    },
  );
  await promotionIs(api, 'apps/greeter:1.0', 'prod', 'live');
}

async function releaseClock({ teller, stage, api, people }: Story): Promise<void> {
  teller.say(
    'The clock rebuilds to the same digest: what builder-1 made of it is what was committed. On that evidence it is released,',
  );
  teller.say('by two people, and comes back through the gates.');
  const ref = 'apps/clock:1.0';
  await teller.run(['rebuild', ref, '--reason', 'is it what we committed?', '--wait'], { ...people.rita, lines: 8 });
  const { out } = await teller.run(['release', ref, '--reason', 'rebuilt to the same digest by builder-2', '--json'], {
    ...people.rita,
    expect: [4],
    quiet: true,
  });
  const { request } = JSON.parse(out) as { request: string };
  await teller.run(['release', ref, '--reason', 'rebuilt to the same digest by builder-2'], {
    ...people.rita,
    expect: [4],
    lines: 4,
  });
  await teller.run(['approve', request, '--reason', 'the rebuild proves it', ...provenBy(stage.releaser)], {
    ...people.omar,
    lines: 3,
  });
  await promotionIs(api, ref, 'prod', 'waiting');
  await teller.run(['approve', 'prod', ref, '--reason', 'back in service', ...provenBy(stage.approver)], {
    ...people.alice,
    lines: 2,
  });
  await promotionIs(api, ref, 'prod', 'live');
}
