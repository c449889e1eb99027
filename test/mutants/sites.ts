/**
 * Mutants of a source: small faults of the kinds that people make, each one edit of the text. Made from the syntax tree, so
 * that each still parses; most still have types.
 *
 *   conjunct   `a && b` is one of the two; so is `a || b`           operator   `<` is `<=`, `+` is `-`, `===` is `!==`, ...
 *   operands   `a - b` is `b - a`, `[a, b]` is `[b, a]`,            number     3 is 4, 0n is 1n
 *              the last two arguments of a call change places
 *   update     an assignment, an increment or a call for its effect is left out
 *
 * Not mutated: what is about profit and limits, where any answer is right (functions named worth*, *Cost, *Profit, arguments of
 * `cx.choose`, numbers at the top level), what is said (remarks, names, errors), and options.
 */

import ts from 'typescript';

/** One mutant: `text` in place of what stands from `start` to `end`. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly kind: 'conjunct' | 'operator' | 'operands' | 'number' | 'update';
  readonly start: number;
  readonly end: number;
  readonly before: string;
  /** The line that it is in, and where there: what tells it from others of the same text. */
  readonly context: string;
  readonly text: string;
}

const S = ts.SyntaxKind;
const swappedOperators = new Map<ts.SyntaxKind, string>([
  [S.LessThanToken, '<='],
  [S.LessThanEqualsToken, '<'],
  [S.GreaterThanToken, '>='],
  [S.GreaterThanEqualsToken, '>'],
  [S.EqualsEqualsEqualsToken, '!=='],
  [S.ExclamationEqualsEqualsToken, '==='],
  [S.PlusToken, '-'],
  [S.MinusToken, '+'],
  [S.AmpersandToken, '|'],
  [S.BarToken, '&'],
  [S.LessThanLessThanToken, '>>'],
  [S.GreaterThanGreaterThanToken, '<<'],
]);
const ordered = new Set<ts.SyntaxKind>([
  S.LessThanToken,
  S.GreaterThanToken,
  S.MinusToken,
  S.SlashToken,
  S.PercentToken,
]);

/** Names of what is about profit, about what is said, and about checks of the compiler itself. */
const unmutated = /^(?:worth|declined|choose|bug|fail)|Cost$|Profit$|cost|Error$|^rewrite$|^remark$/;

/** All mutants of a source, in its order. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const found: Mutant[] = [];
  const add = (kind: Mutant['kind'], node: ts.Node, text: string): void => {
    const start = node.getStart(tree);
    const before = source.slice(start, node.getEnd());
    if (before === text) return;
    const { line, character } = tree.getLineAndCharacterOfPosition(start);
    const whole = source.split('\n', line + 1)[line] ?? '';
    const context = `${whole.trim()} @${character - (whole.length - whole.trimStart().length)}`;
    found.push({ file, line: line + 1, kind, start, end: node.getEnd(), before, text, context });
  };
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (isUnmutated(node)) return;
    if (ts.isBinaryExpression(node)) binary(node, add);
    else if (inFunction && (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node))) number(node, add);
    else if (ts.isArrayLiteralExpression(node) || ts.isCallExpression(node)) list(node, add, source);
    else if (ts.isExpressionStatement(node) && isUpdate(node.expression)) add('update', node, ';');
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  ts.forEachChild(tree, (node) => visit(node, false));
  return found;
}

function isUnmutated(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return true;
  if (ts.isThrowStatement(node) || ts.isEnumDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isFunctionDeclaration(node)) return unmutated.test(node.name?.text ?? '');
  if (ts.isPropertyAssignment(node)) return /^(?:options|after|before|summary|paper|doc)$/.test(node.name.getText());
  if (ts.isVariableDeclaration(node)) return /^options$/.test(node.name.getText());
  if (!ts.isCallExpression(node)) return false;
  const { expression } = node;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return unmutated.test(name);
}

type Add = (kind: Mutant['kind'], node: ts.Node, text: string) => void;

function binary(node: ts.BinaryExpression, add: Add): void {
  const [left, right] = [node.left.getText(), node.right.getText()];
  const kind = node.operatorToken.kind;
  if (kind === S.AmpersandAmpersandToken || kind === S.BarBarToken) {
    add('conjunct', node, left);
    add('conjunct', node, right);
    return;
  }
  const other = swappedOperators.get(kind);
  // Tests for undefined are about types and not about meaning: the checker would not take them away.
  if (/^(?:undefined|null)$/.test(right) || ts.isStringLiteral(node.left)) return;
  if (other !== undefined) add('operator', node.operatorToken, other);
  if (ordered.has(kind)) add('operands', node, `${right} ${node.operatorToken.getText()} ${left}`);
}

function number(node: ts.NumericLiteral | ts.BigIntLiteral, add: Add): void {
  if (ts.isBigIntLiteral(node)) add('number', node, `${BigInt(node.text.replace(/n$/, '')) + 1n}n`);
  else if (Number.isInteger(Number(node.text))) add('number', node, String(Number(node.text) + 1));
}

function list(node: ts.ArrayLiteralExpression | ts.CallExpression, add: Add, source: string): void {
  const items = ts.isCallExpression(node) ? node.arguments : node.elements;
  const [a, b] = items.slice(-2);
  if (a === undefined || b === undefined || !isPlain(a) || !isPlain(b)) return;
  if (ts.isArrayLiteralExpression(node) && items.length !== 2) return;
  const between = source.slice(a.getEnd(), b.getStart());
  const text = `${b.getText()}${between}${a.getText()}`;
  const whole = node.getText();
  const at = a.getStart() - node.getStart();
  add('operands', node, whole.slice(0, at) + text + whole.slice(b.getEnd() - node.getStart()));
}

/** Names, accesses, calls: of what may well be exchanged by mistake. */
function isPlain(node: ts.Node): boolean {
  return ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isCallExpression(node);
}

function isUpdate(node: ts.Expression): boolean {
  if (ts.isCallExpression(node)) return true;
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) return true;
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind >= S.FirstAssignment &&
    node.operatorToken.kind <= S.LastAssignment
  );
}
