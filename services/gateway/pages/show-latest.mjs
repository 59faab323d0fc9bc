/**
 * Shows what was asked for last: something slower that was asked for before it is dropped when it comes.
 *
 * @param {(content: any) => void} show
 * @returns {(ask: () => Promise<any> | any) => Promise<void>} `ask` does not throw
 */
export function showLatest(show) {
  let last = 0;
  return async (ask) => {
    last += 1;
    const turn = last;
    const content = await ask();
    if (turn === last) show(content);
  };
}
