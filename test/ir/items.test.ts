/** Everything that a module has besides code, in both forms: text and binary give back what they were given. */
import { decodeModule, encodeModule, parseModule, printModule, unwrap, verifyModule } from '@sluice/ir';
import { expect, test } from 'vitest';

const text = `module "all"
import @p() -> () from "m" "p"
memory 1 2 from "env" "memory"
table @t 2 10 [@p, null]
table @e externref 0 [] from "env" "e"
table [@p]
global @base: i32 from "env" "base"
global @r: externref from "env" "r"
global @m: mut f64 from "env" "m"
global @own: i32 = global @base
segment @t global @base funcref [@p, null]
segment passive externref [global @r, null]
segment declared funcref [@p]
data global @base "ab"
data 4294967295 "c"
data passive ""
export "t" table @e
export "p" func @p
initialiser @p
custom "producers" 11 "\\00\\ff"
`;

test('text, binary and text again', () => {
  const m = unwrap(parseModule(text));
  expect(verifyModule(m)).toEqual([]);
  expect(printModule(m)).toBe(text);
  const again = unwrap(decodeModule(encodeModule(m)));
  expect(again).toEqual(m);
});
