import process from 'node:process';
import { shell } from './shell.ts';

/** Runs a program of a tree of Debian packages, with the tree as its root: what `debianLayer` unpacked, nothing configured. */
export function inside(tree: string, command: readonly string[], env: Record<string, string> = {}): string {
  const enter = process.getuid?.() === 0 ? 'chroot' : 'unshare --map-root-user chroot';
  return shell(tree, `${enter} . "$@"`, command, env);
}
