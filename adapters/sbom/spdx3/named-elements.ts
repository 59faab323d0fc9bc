/** Elements that packages name by their id: who supplies them, and which licences they have. */
import type { LicenceClaim } from '../../../domain/sbom/component.ts';
import type { KeptBudget } from '../kept-budget.ts';
import type { ListedComponent } from '../listed-component.ts';
import { findNote, packageNoteSchema } from '../spdx2/annotation.ts';
import { fromDeclared } from '../spdx2/licence.ts';
import { contactOf, type Element, hashesOf, purlOf } from './element.ts';

/** A package with what others say of it. */
export interface Described {
  readonly own: string;
  /** Which of the document's packages it is. */
  readonly at: number;
  readonly element: Element;
  readonly statements: readonly string[];
  /** Ids of licence expressions. */
  readonly licences: readonly string[];
}

export interface NamedElements {
  /** Keeps what packages may name; of other types, nothing. */
  take(own: string, element: Element): void;
  /** Name and address of whoever has this id, where there are any. */
  agent(own: string): string | undefined;
  /** Once all elements are known. */
  toListed(described: Described): ListedComponent;
}

type Expression = Pick<Element, 'simplelicensing_licenseExpression' | 'simplelicensing_customIdToUri'>;

export function createNamedElements(budget: KeptBudget): NamedElements {
  const agents = new Map<string, string>();
  const expressions = new Map<string, Expression>();
  const texts = new Map<string, string>();
  const claimsOf = (licences: readonly string[]): LicenceClaim[] =>
    licences.flatMap((licence) => {
      const { simplelicensing_licenseExpression: text, simplelicensing_customIdToUri: custom } =
        expressions.get(licence) ?? {};
      const known = new Map((custom ?? []).map(({ key, value }) => [key, texts.get(value ?? '') ?? key]));
      return fromDeclared(text ?? undefined, known);
    });
  const keep = <T>(map: Map<string, T>, own: string, value: T): void => {
    budget.take(2 * (own.length + JSON.stringify(value).length));
    map.set(own, value);
  };
  return {
    take(own, element) {
      const { simplelicensing_licenseExpression: expression, simplelicensing_customIdToUri: custom } = element;
      switch (element.type) {
        case 'Tool':
        case 'SoftwareAgent':
        case 'Organization':
        case 'Person':
        case 'Agent':
          keep(agents, own, contactOf(element));
          break;
        case 'simplelicensing_LicenseExpression':
          keep(expressions, own, {
            simplelicensing_licenseExpression: expression,
            simplelicensing_customIdToUri: custom,
          });
          break;
        case 'simplelicensing_SimpleLicensingText':
          keep(texts, own, element.simplelicensing_licenseText ?? '');
          break;
        default:
      }
    },
    agent: (own) => agents.get(own) || undefined,
    toListed({ own, element, statements, licences }) {
      const note = findNote(statements, packageNoteSchema);
      const { scope = 'runtime', locations = [], ...facts } = note ?? {};
      return {
        reference: own,
        purl: purlOf(element),
        name: element.name || own,
        version: element.software_packageVersion ?? '',
        licences: claimsOf(licences),
        hashes: hashesOf(element),
        supplier: element.suppliedBy ? agents.get(element.suppliedBy) || undefined : undefined,
        scope,
        locations: locations.map(({ path, layer }) => ({ path, ...(layer === undefined ? {} : { layer }) })),
        facts,
      };
    },
  };
}
