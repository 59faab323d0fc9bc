import { writeFile } from 'node:fs/promises';
import type { Registry } from '../../../domain/artifact/registry.ts';
import { eventually, plainRegistry, promotionIs, provenBy } from '../stage.ts';
import type { Story } from '../story.ts';
import { plantedFile, publishTampered } from '../tampered-build.ts';
import type { Begun } from '../teller.ts';

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
    const incident = teller.start(['quarantine', 'builder:builder-1', '--reason', 'its signing key leaked', '--wait'], {
      ...people.rita,
      lines: 24,
    });
    await eventually('prod to serve nothing of builder-1', async () =>
      (await served(registry)) === 0 ? true : undefined,
    );
    // Until it is confirmed, once more and later, nobody has to wait.
    const replacement = await replaceBuilder(story);
    const opened = await incident.tell();
    const id = /\binc-[\w-]+/.exec(opened.out + opened.err)?.[0];
    if (id === undefined) throw new Error(`the quarantine names no incident: ${opened.out}${opened.err}`);
    if ((await served(registry)) > 0) throw new Error('prod still serves what builder-1 built');
    teller.say(
      'The registry, asked directly: prod serves none of them any more. Copies are kept under quarantine/ for those who investigate.',
    );
    await trustNewBuilder(story, replacement.policy);
    await rebuildGreeter(story, replacement.rebuild);
    await releaseClock(story, id);
  } finally {
    await close();
  }
}

async function enterProduction(story: Story, registry: Registry): Promise<void> {
  const { teller, stage, api, people, builds } = story;
  teller.say(
    'Two more applications of builder-1 go to production: the clock, as it was committed; and the greeter, into which somebody',
  );
  teller.say(
    `with a copy of the key has put a file that is in no commit (${plantedFile}). Signature and provenance verify.`,
  );
  await Promise.all([builds.clock.done, publishTampered(stage, registry, '1.0')]);
  const names = ['clock', 'greeter'] as const;
  for (const name of names) {
    await promotionIs(api, `apps/${name}:1.0`, 'prod', 'waiting');
    await teller.run(['approve', 'prod', `apps/${name}:1.0`, '--reason', `${name} 1.0`, ...provenBy(stage.approver)], {
      ...people.alice,
      lines: 2,
    });
  }
  await Promise.all(names.map((name) => promotionIs(api, `apps/${name}:1.0`, 'prod', 'live')));
}

/** How many of the applications prod serves. */
async function served(registry: Registry): Promise<number> {
  const found = await Promise.all(
    ['shop', 'clock', 'greeter'].map((name) => registry.resolve(`prod/apps/${name}`, '1.0')),
  );
  return found.filter((manifest) => manifest !== undefined).length;
}

/** The policy that names the new builder, and the first rebuild by it: done while the quarantine is confirmed, told after it. */
async function replaceBuilder({ teller, stage, people }: Story): Promise<{ policy: Begun; rebuild: Begun }> {
  const file = `${stage.home.dir}/policy-2.yaml`;
  await writeFile(file, stage.policy(2, [stage.oldBuilderKey, await stage.newBuilderKey()]));
  const policy = teller.start(['policy', 'apply', file], { lines: 4 });
  await policy.done;
  const rebuild = teller.start(['rebuild', 'apps/greeter:1.0', '--reason', 'was it what we committed?', '--wait'], {
    ...people.rita,
    expect: [1],
    lines: 24,
  });
  return { policy, rebuild };
}

async function trustNewBuilder({ teller }: Story, policy: Begun): Promise<void> {
  teller.say(
    '\n  A new builder, on another machine and with a key of its own, is trusted from now on: version 2 of the policy.',
  );
  await policy.tell();
}

async function rebuildGreeter({ teller, stage, api, people }: Story, rebuild: Begun): Promise<void> {
  teller.say(
    'The greeter is rebuilt from the commit its provenance names, and compared with what was in production, file by file:',
  );
  const { out } = await rebuild.tell();
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

async function releaseClock({ teller, stage, api, people }: Story, incident: string): Promise<void> {
  teller.say(
    'The clock rebuilds to the same digest: what builder-1 made of it is what was committed. On that evidence it is released,',
  );
  teller.say('by two people, and comes back through the gates.');
  const ref = 'apps/clock:1.0';
  await teller.run(['rebuild', ref, '--reason', 'is it what we committed?', '--wait'], { ...people.rita, lines: 8 });
  const { out, err } = await teller.run(['release', ref, '--reason', 'rebuilt to the same digest by builder-2'], {
    ...people.rita,
    expect: [4],
    lines: 4,
  });
  const request = /\brel-\w+/.exec(out + err)?.[0];
  if (request === undefined) throw new Error(`the release has no request to decide about: ${out}${err}`);
  teller.say('Whoever decides is shown what each rebuild says about what the incident is about:');
  const { out: shown } = await teller.run(['incident', 'get', incident], { ...people.omar, pick: /\breb-/ });
  if (!shown.includes('clears it')) throw new Error(`the rebuild of the clock clears nothing: ${shown}`);
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
