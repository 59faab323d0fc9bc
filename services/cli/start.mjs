/**
 * Where `pratique` begins. Plain JavaScript: what is compiled is kept from here on, so that on every run but the first no
 * TypeScript is looked at, and Node's reader of it, 50 ms to load, stays away. See docs/decisions/0070.
 */
import { enableCompileCache } from 'node:module';
import { findCompiled } from './compiled/find.mjs';

enableCompileCache();
await import((await findCompiled()) ?? './main.ts');
