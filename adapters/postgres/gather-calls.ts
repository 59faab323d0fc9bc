interface Waiting<K, V> {
  readonly asked: K;
  readonly resolve: (answer: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Calls that come while another is under way are answered together by the next: one statement, one commit, however many ask at
 * once, and no waiting where one asks alone. `answer` gives one answer for each it was asked, in order; where it throws, all of
 * that round fail with it, and the next round is on its own. At most `most` in a round.
 */
export function gatherCalls<K, V>(
  answer: (asked: readonly K[]) => Promise<readonly V[]>,
  most: number,
): (asked: K) => Promise<V> {
  let waiting: Waiting<K, V>[] = [];
  let isRunning = false;

  const run = async (): Promise<void> => {
    // What is asked for in the same turn of the event loop travels along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const round = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const answers = await answer(round.map(({ asked }) => asked));
        if (answers.length !== round.length) throw new Error(`${answers.length} answers to ${round.length} calls`);
        for (const [position, { resolve }] of round.entries()) resolve(answers[position] as V);
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    isRunning = false;
  };

  return (asked) =>
    new Promise<V>((resolve, reject) => {
      waiting.push({ asked, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      void run();
    });
}
