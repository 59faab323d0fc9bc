/** Where the names that a file declares at its top are used, by the scopes of ECMAScript. */

/** A node of ESTree, as the bundler parses it: places are in units of the text. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One use of a name that no scope inside the file declares. */
export interface Use {
  readonly node: Node;
  readonly name: string;
  /** The property that it is both name and value of, as in `{ name }`. */
  readonly shorthand: Node | undefined;
}

/** Fields that hold a name which is no variable's, unless it is computed. */
const properties: Readonly<Record<string, string>> = {
  MemberExpression: 'property',
  Property: 'key',
  MethodDefinition: 'key',
  PropertyDefinition: 'key',
  LabeledStatement: 'label',
  BreakStatement: 'label',
  ContinueStatement: 'label',
};

/** All uses in a program, in the order of the tree; where a name is declared at the top is one too. */
export function usesOfTop(program: Node): Use[] {
  const uses: Use[] = [];
  for (const statement of program.body as Node[]) collect(statement, { parent: undefined, scopes: [], uses });
  return uses;
}

interface Place {
  readonly parent: Node | undefined;
  /** Names that the scopes around declare. */
  readonly scopes: readonly ReadonlySet<string>[];
  readonly uses: Use[];
}

function collect(node: Node, { parent, scopes, uses }: Place): void {
  if (node.type === 'Identifier') {
    const name = node.name as string;
    if (!scopes.some((scope) => scope.has(name)))
      uses.push({ node, name, shorthand: parent?.shorthand === true ? parent : undefined });
    return;
  }
  const own = namesOf(node);
  const inside = own.length === 0 ? scopes : [...scopes, new Set(own)];
  for (const [field, child] of childrenOf(node))
    if (properties[node.type] !== field || node.computed === true)
      collect(child, { parent: node, scopes: inside, uses });
}

function childrenOf(node: Node): [field: string, child: Node][] {
  return Object.entries(node).flatMap(([field, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter(isNode)
      .map((child): [string, Node] => [field, child]),
  );
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';

const isFunction = ({ type }: Node) =>
  type === 'FunctionDeclaration' || type === 'FunctionExpression' || type === 'ArrowFunctionExpression';

/** What a node declares for what is inside it. */
function namesOf(node: Node): string[] {
  if (isFunction(node))
    return [
      ...(node.type === 'FunctionExpression' ? namesIn(node.id) : []),
      ...(node.params as Node[]).flatMap(namesIn),
      ...varsIn(node.body as Node),
    ];
  switch (node.type) {
    case 'BlockStatement':
    case 'StaticBlock':
      return (node.body as Node[]).flatMap(declaredBy);
    case 'SwitchStatement':
      return (node.cases as Node[]).flatMap(({ consequent }) => consequent as Node[]).flatMap(declaredBy);
    case 'ForStatement':
      return declaredBy(node.init);
    case 'ForInStatement':
    case 'ForOfStatement':
      return declaredBy(node.left);
    case 'CatchClause':
      return namesIn(node.param);
    case 'ClassExpression':
      return namesIn(node.id);
    default:
      return [];
  }
}

function declaredBy(statement: unknown): string[] {
  if (!isNode(statement)) return [];
  if (statement.type === 'VariableDeclaration')
    return (statement.declarations as Node[]).flatMap(({ id }) => namesIn(id));
  const isNamed = statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration';
  return isNamed ? namesIn(statement.id) : [];
}

/** A `var` holds in the whole function, from whichever block. */
function varsIn(node: Node): string[] {
  if (isFunction(node)) return [];
  const own = node.type === 'VariableDeclaration' && node.kind === 'var' ? declaredBy(node) : [];
  return [...own, ...childrenOf(node).flatMap(([, child]) => varsIn(child))];
}

/** Of a pattern, but for its defaults and computed keys. */
function namesIn(pattern: unknown): string[] {
  if (!isNode(pattern)) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name as string];
    case 'ObjectPattern':
      return (pattern.properties as Node[]).flatMap((one) => namesIn(one.type === 'Property' ? one.value : one));
    case 'ArrayPattern':
      return (pattern.elements as unknown[]).flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    default:
      return [];
  }
}
