import { describe, expect, it } from 'vitest';
import { gatherCalls } from '../../../../adapters/postgres/gather-calls.ts';

/** Answers a round only when told to, and remembers who asked in it. */
function createDesk(most: number) {
  const rounds: (readonly number[])[] = [];
  let open: () => void = () => undefined;
  let fails = false;
  const ask = gatherCalls<number, string>(async (asked) => {
    rounds.push(asked);
    await new Promise<void>((resolve) => {
      open = resolve;
    });
    if (fails) throw new Error('away');
    return asked.map((value) => `answer ${value}`);
  }, most);
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return {
    ...{ ask, rounds, turn },
    async answer(how: 'well' | 'badly' = 'well') {
      fails = how === 'badly';
      await turn();
      open();
      await turn();
    },
  };
}

describe('calls gathered', () => {
  it('are one round where they come in one turn, and each gets its own answer', async () => {
    const desk = createDesk(10);
    const answers = Promise.all([1, 2, 3].map((value) => desk.ask(value)));
    await desk.answer();
    expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 3']);
    expect(desk.rounds).toEqual([[1, 2, 3]]);
  });

  it('that come while a round is under way are the next, in parts of the size allowed', async () => {
    const desk = createDesk(2);
    const first = desk.ask(1);
    await desk.turn();
    const later = Promise.all([2, 3, 4].map((value) => desk.ask(value)));
    await desk.answer();
    expect(await first).toBe('answer 1');
    await desk.answer();
    await desk.answer();
    expect(await later).toEqual(['answer 2', 'answer 3', 'answer 4']);
    expect(desk.rounds).toEqual([[1], [2, 3], [4]]);
  });

  it('fail together with their round, and the next round is answered', async () => {
    const desk = createDesk(10);
    const first = Promise.allSettled([desk.ask(1), desk.ask(2)]);
    await desk.answer('badly');
    expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const second = desk.ask(3);
    await desk.answer();
    expect(await second).toBe('answer 3');
  });

  it('fail where the answers are not as many as the calls', async () => {
    const ask = gatherCalls<number, string>(async () => [], 10);
    await expect(ask(1)).rejects.toThrow('0 answers to 1 calls');
  });
});
