/**
 * Where `pratique` begins. Plain JavaScript: what is compiled is kept from here on, so that on every run but the first no
 * TypeScript is looked at, and Node's reader of it, 50 ms to load, stays away. CommonJS: Node starts its loader of modules only
 * where there are some. See docs/decisions/0070.
 */
const { openSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const path = require('node:path');
const process = require('node:process');

enableCompileCache();
const { findCompiled } = require('./compiled/find.cjs');
const compiled = findCompiled(process.argv.slice(2));
if (compiled !== undefined && !hold(path.dirname(compiled))) import('./main.ts');
else if (compiled?.endsWith('.cjs')) require(compiled);
else import(compiled ?? './main.ts');

/** As long as this process runs, compile.ts sees that it does, and leaves the folder where it is. */
function hold(folder) {
  try {
    openSync(folder, 'r');
    return true;
  } catch {
    return false;
  }
}
