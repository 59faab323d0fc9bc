import type { Component } from '../../../domain/sbom/component.ts';
import { licenceText } from '../../../domain/sbom/licence.ts';
import { changeWord, type DiffReport } from './diff-report.ts';

/** Components that differ, one row each: what happened, ecosystem, name, version before and after, licences. */
export function componentRows({ difference }: DiffReport): string[][] {
  const licencesChanged = new Set(difference.licences.map(({ after }) => after));
  const changed = new Set(difference.changed.map(({ after }) => after));
  return [
    ...difference.added.map((one) => ['added', one.ecosystem, one.name, '-', version(one), licencesOf(one)]),
    ...difference.removed.map((one) => ['removed', one.ecosystem, one.name, version(one), '-', licencesOf(one)]),
    ...difference.changed.map((change) => {
      const { before, after } = change;
      const licences = licencesChanged.has(after) ? `${licencesOf(before)} → ${licencesOf(after)}` : licencesOf(after);
      return [changeWord(change), after.ecosystem, after.name, version(before), version(after), licences];
    }),
    ...difference.licences
      .filter(({ after }) => !changed.has(after))
      .map(({ before, after }) => [
        'licence',
        after.ecosystem,
        after.name,
        version(before),
        version(after),
        `${licencesOf(before)} → ${licencesOf(after)}`,
      ]),
  ];
}

/** Advisories gained and lost, one row each: what happened, severity, id, package and its version. */
export function advisoryRows({ advisories }: DiffReport): string[][] {
  if (advisories === undefined) return [];
  return (['gained', 'lost'] as const).flatMap((kind) =>
    advisories[kind].map(({ severity, advisory, name, version: at, fixedIn }) => [
      kind,
      severity,
      advisory,
      name,
      at,
      fixedIn ?? '-',
    ]),
  );
}

function version({ version: text }: Component): string {
  return text === '' ? '?' : text;
}

function licencesOf({ licences }: Component): string {
  return licences.length === 0 ? '-' : licences.map(licenceText).join(', ');
}
