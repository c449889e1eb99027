/** The library's functions of integers; see library.ts. */

/** By name: IR of the function. */
export const intFunctions = {
  // Both without their highest bits; from the lowest bit on, while both have any.
  and: `
func @and(%a: i64, %b: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %least = i64.const -9223372036854775808
  %na = i64.lt_s %a, %zero
  %nb = i64.lt_s %b, %zero
  %pa = i64.sub %a, %least
  %pb = i64.sub %b, %least
  %x0 = select i64 %pa, %a, %na
  %y0 = select i64 %pb, %b, %nb
  %both = i32.and %na, %nb
  %r0 = select i64 %least, %zero, %both
  %one = i64.const 1
  %two = i64.const 2
  br ^head
^head:
  %x = phi i64 [^entry: %x0], [^next: %hx]
  %y = phi i64 [^entry: %y0], [^next: %hy]
  %r = phi i64 [^entry: %r0], [^next: %r2]
  %p = phi i64 [^entry: %one], [^next: %p2]
  %mx = i64.gt_s %x, %zero
  %my = i64.gt_s %y, %zero
  %more = i32.and %mx, %my
  br_if %more, ^test, ^exit
^test:
  %hx = i64.div_s %x, %two
  %hy = i64.div_s %y, %two
  %dx = i64.mul %hx, %two
  %dy = i64.mul %hy, %two
  %ex = i64.eq %dx, %x
  %ey = i64.eq %dy, %y
  %even = i32.or %ex, %ey
  br_if %even, ^next, ^set
^set:
  %r1 = i64.add %r, %p
  br ^next
^next:
  %r2 = phi i64 [^test: %r], [^set: %r1]
  %p2 = i64.mul %p, %two
  br ^head
^exit:
  ret %r
}
`,
  // 2^n for the lowest six bits of n.
  power: `
func @power(%n: i64) -> i64 {
^entry:
  %mask = i64.const 63
  %zero = i64.const 0
  %one = i64.const 1
  %two = i64.const 2
  %k0 = i64.and %n, %mask
  br ^head
^head:
  %k = phi i64 [^entry: %k0], [^next: %k1]
  %p = phi i64 [^entry: %one], [^next: %p1]
  %more = i64.gt_s %k, %zero
  br_if %more, ^next, ^exit
^next:
  %k1 = i64.sub %k, %one
  %p1 = i64.mul %p, %two
  br ^head
^exit:
  ret %p
}
`,
  shl: `
func @shl(%x: i64, %n: i64) -> i64 {
^entry:
  %p = call i64 @power(%n)
  %r = i64.mul %x, %p
  ret %r
}
`,
  // Rounded down: for x < 0 the quotient of x + 1, less 1.
  shr_s: `
func @shr_s(%x: i64, %n: i64) -> i64 {
^entry:
  %p = call i64 @power(%n)
  %zero = i64.const 0
  %one = i64.const 1
  %negative = i64.lt_s %x, %zero
  %s = select i64 %one, %zero, %negative
  %up = i64.add %x, %s
  %top = i64.lt_s %p, %zero
  br_if %top, ^sign, ^divide
^sign:
  %all = i64.sub %zero, %s
  ret %all
^divide:
  %q = i64.div_s %up, %p
  %r = i64.sub %q, %s
  ret %r
}
`,
  // Without the highest bit, which comes in again where it belongs.
  shr_u: `
func @shr_u(%x: i64, %n: i64) -> i64 {
^entry:
  %mask = i64.const 63
  %zero = i64.const 0
  %least = i64.const -9223372036854775808
  %k = i64.and %n, %mask
  %none = i64.eq %k, %zero
  br_if %none, ^same, ^shift
^same:
  ret %x
^shift:
  %p = call i64 @power(%k)
  %negative = i64.lt_s %x, %zero
  br_if %negative, ^high, ^low
^low:
  %q = i64.div_s %x, %p
  ret %q
^high:
  %y = i64.sub %x, %least
  %h = i64.div_s %y, %p
  %left = i64.sub %mask, %k
  %t = call i64 @power(%left)
  %r = i64.add %h, %t
  ret %r
}
`,
  clz: `
func @clz(%x: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %one = i64.const 1
  %two = i64.const 2
  %width = i64.const 64
  %negative = i64.lt_s %x, %zero
  br_if %negative, ^all, ^head
^all:
  ret %zero
^head:
  %y = phi i64 [^entry: %x], [^next: %y1]
  %n = phi i64 [^entry: %width], [^next: %n1]
  %more = i64.gt_s %y, %zero
  br_if %more, ^next, ^exit
^next:
  %y1 = i64.div_s %y, %two
  %n1 = i64.sub %n, %one
  br ^head
^exit:
  ret %n
}
`,
  // How often x can be doubled until nothing is left.
  ctz: `
func @ctz(%x: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %one = i64.const 1
  %two = i64.const 2
  %width = i64.const 64
  br ^head
^head:
  %y = phi i64 [^entry: %x], [^next: %y1]
  %n = phi i64 [^entry: %width], [^next: %n1]
  %done = i64.eq %y, %zero
  br_if %done, ^exit, ^next
^next:
  %y1 = i64.mul %y, %two
  %n1 = i64.sub %n, %one
  br ^head
^exit:
  ret %n
}
`,
  // From the highest bit on, which is the sign.
  popcnt: `
func @popcnt(%x: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %one = i64.const 1
  %two = i64.const 2
  br ^head
^head:
  %y = phi i64 [^entry: %x], [^next: %y1]
  %n = phi i64 [^entry: %zero], [^next: %n1]
  %done = i64.eq %y, %zero
  br_if %done, ^exit, ^next
^next:
  %negative = i64.lt_s %y, %zero
  %bit = select i64 %one, %zero, %negative
  %n1 = i64.add %n, %bit
  %y1 = i64.mul %y, %two
  br ^head
^exit:
  ret %n
}
`,
  div_s: `
func @div_s(%x: i64, %y: i64) -> i64 {
^entry:
  %minus = i64.const -1
  %least = i64.const -9223372036854775808
  %a = i64.eq %y, %minus
  %b = i64.eq %x, %least
  %both = i32.and %a, %b
  br_if %both, ^fail, ^divide
^fail:
  trap integer-overflow
^divide:
  %q = i64.div_s %x, %y
  ret %q
}
`,
  div32: `
func @div32(%x: i64, %y: i64) -> i64 {
^entry:
  %q = i64.div_s %x, %y
  %limit = i64.const 2147483648
  %over = i64.eq %q, %limit
  br_if %over, ^fail, ^fine
^fail:
  trap integer-overflow
^fine:
  ret %q
}
`,
  // By a divisor over 2^63 it is 0 or 1. Of a dividend over 2^63, half of it twice, and one more where the rest allows it.
  div_u: `
func @div_u(%x: i64, %y: i64) -> i64 {
^entry:
  %zero = i64.const 0
  %one = i64.const 1
  %two = i64.const 2
  %least = i64.const -9223372036854775808
  %quarter = i64.const 4611686018427387904
  %large = i64.lt_s %y, %zero
  br_if %large, ^compare, ^small
^compare:
  %not = i64.lt_u %x, %y
  %c = select i64 %zero, %one, %not
  ret %c
^small:
  %high = i64.lt_s %x, %zero
  br_if %high, ^halve, ^divide
^divide:
  %d = i64.div_s %x, %y
  ret %d
^halve:
  %low = i64.sub %x, %least
  %half = i64.div_s %low, %two
  %h = i64.add %half, %quarter
  %hq = i64.div_s %h, %y
  %q = i64.mul %hq, %two
  %p = i64.mul %q, %y
  %rest = i64.sub %x, %p
  %fits = i64.lt_u %rest, %y
  %more = select i64 %zero, %one, %fits
  %r = i64.add %q, %more
  ret %r
}
`,
} as const;
