/** Lists of the API come a page at a time. What a filter finds on the first of them only would pass for all there is. */

/** Pages of one list, at most; more is said to be more. */
const MOST_PAGES = 100;

/**
 * @param {(path: string) => Promise<{items: unknown[], next: string | null}>} get
 * @param {string} path with a query
 * @param {(item: any) => boolean} isWanted
 * @returns {Promise<{items: any[], isWhole: boolean}>}
 */
export async function readAll(get, path, isWanted = () => true) {
  const items = [];
  let cursor = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items: found, next } = await get(`${path}${cursor}`);
    items.push(...found.filter((item) => isWanted(item)));
    if (next === null) return { items, isWhole: true };
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
  return { items, isWhole: false };
}
