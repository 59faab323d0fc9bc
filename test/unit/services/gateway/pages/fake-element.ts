/** Of a page's document: text, and what is below it. */
export class FakeElement {
  readonly children: unknown[] = [];
  append(...children: unknown[]): void {
    this.children.push(...children);
  }
  get text(): string {
    return this.children.map((child) => (child instanceof FakeElement ? child.text : String(child))).join(' ');
  }
}
