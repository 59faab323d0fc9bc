/**
 * Where `pratique` begins. Plain JavaScript: what is compiled is kept from here on, so that on every run but the first no
 * TypeScript is looked at, and Node's reader of it, 50 ms to load, stays away.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./main.ts');
