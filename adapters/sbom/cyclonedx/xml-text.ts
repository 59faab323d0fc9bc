/** Elements of the CycloneDX library as XML 1.0 text. */
import type * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';

type Element = Serialize.XML.Types.SimpleXml.Element;

/** Without spaces between elements. */
export function writeElement(element: Element): string {
  const { children } = element;
  const inner =
    typeof children === 'object'
      ? [...children].map((child) => (child.type === 'element' ? writeElement(child) : '')).join('')
      : escapeText(String(children ?? ''));
  return inner === '' ? startTag(element).replace(/>$/, '/>') : `${startTag(element)}${inner}${endTag(element)}`;
}

export function startTag({ name, namespace, attributes = {} }: Element): string {
  const all = { ...(namespace === undefined ? {} : { xmlns: String(namespace) }), ...attributes };
  const written = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeText(String(value)).replaceAll('"', '&quot;')}"`],
  );
  return `<${name}${written.join('')}>`;
}

export function endTag({ name }: Element): string {
  return `</${name}>`;
}

/** XML 1.0 has no way to write most control characters and half surrogates: they become U+FFFD. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu, (one) => (one >= '\u007f' && one < '\u00a0' ? one : '\ufffd'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;');
}
