/** Pages name files: a file that is moved takes its name in them along. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const folders = 'domain|workflows|activities|adapters|services|infra|test|docs';
const pages = globSync(['*.md', `{${folders.replaceAll('|', ',')}}/**/*.md`], { cwd: root });

/** Links to files, and paths in backquotes that begin with a folder of ours; those with a placeholder are none. */
function references(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) =>
    path.join(path.dirname(page), target),
  );
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map(([, target = '']) => target);
  return [...links, ...quoted.filter((target) => new RegExp(`^(?:${folders})/[^<>*{}:]*$`).test(target))];
}

it.each(pages)('%s names files that exist', (page) => {
  expect(references(page).filter((target) => !existsSync(path.join(root, target)))).toEqual([]);
});

it('finds the references of a page', () => {
  expect(references('docs/architecture.md')).toEqual(
    expect.arrayContaining(['docs/decisions/', 'services/dispatcher/sweeper.ts', 'workflows/promotion/workflow.ts']),
  );
});
