/** Brackets open at once, or dashes on one line: a YAML library's time and memory grow with each, by their square. */
export const MAX_YAML_NESTING = 100;

/** Whether a text opens more than that, asked before a library reads it. Brackets in texts and comments count too. */
export function isNestedDeeply(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > MAX_YAML_NESTING) return true;
  }
  return text.includes('- '.repeat(MAX_YAML_NESTING)) || text.includes('? '.repeat(MAX_YAML_NESTING));
}
