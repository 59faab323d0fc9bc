import { expect, it } from 'vitest';
import { createCredentialSource } from '../../../../adapters/oci/registry-credentials.ts';

/** A helper that counts, and a clock that is set by hand. */
function start(fail: (asked: number) => boolean = () => false) {
  const state = { asked: 0, now: 0 };
  const source = createCredentialSource(
    async () => {
      state.asked += 1;
      if (fail(state.asked)) throw new Error('the helper is away');
      return { username: 'u', password: `p${state.asked}` };
    },
    () => state.now,
  );
  return { state, source };
}

it('is asked once for all that wait, and again when what it said is old', async () => {
  const { state, source } = start();
  expect(await Promise.all([source.current(), source.current()])).toMatchObject([
    { password: 'p1' },
    { password: 'p1' },
  ]);
  state.now += 299_999;
  expect(await source.current()).toMatchObject({ password: 'p1' });
  state.now += 1;
  expect(await source.current()).toMatchObject({ password: 'p2' });
});

it('what was refused is asked for again, but not at every call', async () => {
  const { state, source } = start();
  await source.current();
  source.refused();
  expect(await source.current()).toMatchObject({ password: 'p1' });
  state.now += 5000;
  expect(await source.current()).toMatchObject({ password: 'p2' });
});

it('a failure is not kept', async () => {
  const { source } = start((asked) => asked === 1);
  await expect(source.current()).rejects.toThrow('the helper is away');
  expect(await source.current()).toMatchObject({ password: 'p2' });
});
