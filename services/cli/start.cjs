/**
 * Where `pratique` begins. Plain JavaScript: what is compiled is kept from here on, so that on every run but the first no
 * TypeScript is looked at, and Node's reader of it, 50 ms to load, stays away. CommonJS: Node starts its loader of modules only
 * where there are some. See docs/decisions/0070.
 */
const { enableCompileCache } = require('node:module');
const process = require('node:process');
const { findCompiled } = require('./compiled/find.cjs');

enableCompileCache();
const compiled = findCompiled(process.argv.slice(2));
if (compiled?.endsWith('.cjs')) require(compiled);
else import(compiled ?? './main.ts');
