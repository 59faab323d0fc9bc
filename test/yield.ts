/** Run before unit tests, which wait for nothing: what has to be somewhere in time, in another lane of test/run.ts, goes first (nice(2)). */
import { setPriority } from 'node:os';

setPriority(10);
