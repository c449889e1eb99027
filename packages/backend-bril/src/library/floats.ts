/** The library's functions of floats; see library.ts. */

const truncated = (name: string, low: string, high: string): string => `
func @${name}(%x: f64) -> i64 {
^entry:
  %number = f64.eq %x, %x
  br_if %number, ^range, ^nan
^nan:
  trap invalid-conversion
^range:
  %low = f64.const ${low}
  %high = f64.const ${high}
  %above = f64.gt %x, %low
  %below = f64.lt %x, %high
  %fits = i32.and %above, %below
  br_if %fits, ^convert, ^fail
^fail:
  trap integer-overflow
^convert:
  %r = call i64 @integer(%x)
  ret %r
}
`;

/** Where `x` is not below `high`, the limit; not above `low`, the other one; 0 of NaN. */
const saturated = (name: string, low: string, high: string, least: string, greatest: string): string => `
func @${name}(%x: f64) -> i64 {
^entry:
  %number = f64.eq %x, %x
  %zero = i64.const 0
  br_if %number, ^upper, ^nan
^nan:
  ret %zero
^upper:
  %high = f64.const ${high}
  %below = f64.lt %x, %high
  br_if %below, ^lower, ^greatest
^greatest:
  %g = i64.const ${greatest}
  ret %g
^lower:
  %low = f64.const ${low}
  %above = f64.gt %x, %low
  br_if %above, ^convert, ^least
^least:
  %l = i64.const ${least}
  ret %l
^convert:
  %r = call i64 @integer(%x)
  ret %r
}
`;

/** Rounds to an integer and goes one further where that is on the wrong side. */
const rounded = (name: string, wrong: string, step: string): string => `
func @${name}(%x: f64) -> f64 {
^entry:
  %t = call f64 @trunc(%x)
  %wrong = f64.${wrong} %t, %x
  br_if %wrong, ^step, ^done
^step:
  %one = f64.const ${step}
  %r = f64.add %t, %one
  ret %r
^done:
  ret %t
}
`;

/** One of two: NaN before all, of equal ones the one whose sign says so. */
const chosen = (name: string, first: string, second: string, yes: string, no: string): string => `
func @${name}(%a: f64, %b: f64) -> f64 {
^entry:
  %na = f64.ne %a, %a
  %one = f64.${first} %a, %b
  %a1 = i32.or %na, %one
  br_if %a1, ^a, ^other
^other:
  %nb = f64.ne %b, %b
  %two = f64.${second} %a, %b
  %b1 = i32.or %nb, %two
  br_if %b1, ^b, ^equal
^equal:
  %bits = i64.reinterpret_f64 %a
  %zero = i64.const 0
  %negative = i64.lt_s %bits, %zero
  br_if %negative, ^${yes}, ^${no}
^a:
  ret %a
^b:
  ret %b
}
`;

/** The high half as so many times 2^32 at 2^84, the low one at 2^52: the first difference is exact, the sum rounds once. */
const converted = (name: string, shift: string, bits: string, offset: string): string => `
func @${name}(%x: i64) -> f64 {
^entry:
  %mask = i64.const 4294967295
  %shift = i64.const 32
  %low = i64.and %x, %mask
  %high = i64.${shift} %x, %shift
  %b84 = i64.const ${bits}
  %hbits = i64.add %high, %b84
  %h = f64.reinterpret_i64 %hbits
  %offset = f64.const ${offset}
  %hd = f64.sub %h, %offset
  %b52 = i64.const 4841369599423283200
  %lbits = i64.add %low, %b52
  %l = f64.reinterpret_i64 %lbits
  %r = f64.add %hd, %l
  ret %r
}
`;

/** By name: IR of the function. */
export const floatFunctions = {
  convert_s: converted('convert_s', 'shr_s', '4985484789646622720', '19342822341709703277445120'),
  convert_u: converted('convert_u', 'shr_u', '4985484787499139072', '19342813118337666422669312'),
  // The integer part of a number below 2^64, as its exponent says: the mantissa times or by a power of 2.
  integer: `
func @integer(%x: f64) -> i64 {
^entry:
  %bits = i64.reinterpret_f64 %x
  %zero = i64.const 0
  %least = i64.const -9223372036854775808
  %unit = i64.const 4503599627370496
  %negative = i64.lt_s %bits, %zero
  %positive = i64.sub %bits, %least
  %m = select i64 %positive, %bits, %negative
  %e = i64.div_s %m, %unit
  %bias = i64.const 1023
  %small = i64.lt_s %e, %bias
  br_if %small, ^nothing, ^some
^nothing:
  ret %zero
^some:
  %top = i64.mul %e, %unit
  %fraction = i64.sub %m, %top
  %s = i64.add %fraction, %unit
  %even = i64.const 1075
  %below = i64.lt_s %e, %even
  br_if %below, ^down, ^up
^down:
  %dk = i64.sub %even, %e
  %dp = call i64 @power(%dk)
  %d = i64.div_s %s, %dp
  br ^sign
^up:
  %uk = i64.sub %e, %even
  %up = call i64 @power(%uk)
  %u = i64.mul %s, %up
  br ^sign
^sign:
  %r = phi i64 [^down: %d], [^up: %u]
  %minus = i64.sub %zero, %r
  %signed = select i64 %minus, %r, %negative
  ret %signed
}
`,
  trunc_s: truncated('trunc_s', '-9223372036854777856', '9223372036854775808'),
  trunc_u: truncated('trunc_u', '-1', '18446744073709551616'),
  trunc32_s: truncated('trunc32_s', '-2147483649', '2147483648'),
  trunc32_u: truncated('trunc32_u', '-1', '4294967296'),
  trunc_sat_s: saturated(
    'trunc_sat_s',
    '-9223372036854775808',
    '9223372036854775808',
    '-9223372036854775808',
    '9223372036854775807',
  ),
  trunc_sat_u: saturated('trunc_sat_u', '0', '18446744073709551616', '0', '-1'),
  trunc_sat32_s: saturated('trunc_sat32_s', '-2147483648', '2147483647', '-2147483648', '2147483647'),
  trunc_sat32_u: saturated('trunc_sat32_u', '0', '4294967295', '0', '4294967295'),
  // From 2^52 on all numbers are integers; NaN and infinities stay too.
  trunc: `
func @trunc(%x: f64) -> f64 {
^entry:
  %limit = f64.const 4503599627370496
  %a = f64.abs %x
  %inner = f64.lt %a, %limit
  br_if %inner, ^convert, ^same
^same:
  ret %x
^convert:
  %i = call i64 @integer(%x)
  %f = call f64 @convert_s(%i)
  %r = call f64 @copysign(%f, %x)
  ret %r
}
`,
  floor: rounded('floor', 'gt', '-1'),
  ceil: rounded('ceil', 'lt', '1'),
  // The sum with 2^52 has no bits for a fraction.
  nearest: `
func @nearest(%x: f64) -> f64 {
^entry:
  %limit = f64.const 4503599627370496
  %a = f64.abs %x
  %inner = f64.lt %a, %limit
  br_if %inner, ^round, ^same
^same:
  ret %x
^round:
  %up = f64.add %a, %limit
  %f = f64.sub %up, %limit
  %r = call f64 @copysign(%f, %x)
  ret %r
}
`,
  copysign: `
func @copysign(%x: f64, %y: f64) -> f64 {
^entry:
  %zero = i64.const 0
  %least = i64.const -9223372036854775808
  %bx = i64.reinterpret_f64 %x
  %by = i64.reinterpret_f64 %y
  %nx = i64.lt_s %bx, %zero
  %ny = i64.lt_s %by, %zero
  %differ = i32.xor %nx, %ny
  br_if %differ, ^other, ^same
^other:
  %bits = i64.add %bx, %least
  %r = f64.reinterpret_i64 %bits
  ret %r
^same:
  ret %x
}
`,
  min: chosen('min', 'lt', 'gt', 'a', 'b'),
  max: chosen('max', 'gt', 'lt', 'b', 'a'),
  // Two bits of the mantissa a round; 54 of the root, of which the last one rounds. It cannot be exact there: x would have
  // more than 53 bits. Subnormal numbers are made larger first.
  sqrt: `
func @sqrt(%x: f64) -> f64 {
^entry:
  %fzero = f64.const 0
  %infinity = f64.const inf
  %positive = f64.gt %x, %fzero
  %finite = f64.lt %x, %infinity
  %fine = i32.and %positive, %finite
  br_if %fine, ^scale, ^special
^special:
  %negative = f64.lt %x, %fzero
  br_if %negative, ^nan, ^same
^nan:
  %none = f64.div %fzero, %fzero
  ret %none
^same:
  ret %x
^scale:
  %normal = f64.const 2.2250738585072014e-308
  %factor = f64.const 324518553658426726783156020576256
  %tiny = f64.lt %x, %normal
  %larger = f64.mul %x, %factor
  %y = select f64 %larger, %x, %tiny
  %izero = i64.const 0
  %fiftyfour = i64.const 54
  %back = select i64 %fiftyfour, %izero, %tiny
  %bits = i64.reinterpret_f64 %y
  %unit = i64.const 4503599627370496
  %two = i64.const 2
  %one = i64.const 1
  %four = i64.const 4
  %e = i64.div_s %bits, %unit
  %top = i64.mul %e, %unit
  %fraction = i64.sub %bits, %top
  %m0 = i64.add %fraction, %unit
  %h = i64.div_s %e, %two
  %hh = i64.mul %h, %two
  %even = i64.eq %e, %hh
  %m1 = i64.mul %m0, %two
  %m2 = select i64 %m1, %m0, %even
  %evens = select i64 %one, %izero, %even
  %k0 = i64.sub %h, %evens
  br ^head
^head:
  %m = phi i64 [^scale: %m2], [^next: %m4]
  %rest = phi i64 [^scale: %izero], [^next: %rest2]
  %q = phi i64 [^scale: %izero], [^next: %q1]
  %i = phi i64 [^scale: %izero], [^next: %i1]
  %more = i64.lt_s %i, %fiftyfour
  br_if %more, ^bits, ^exit
^bits:
  %pair = i64.div_s %m, %unit
  %pm = i64.mul %pair, %unit
  %m3 = i64.sub %m, %pm
  %m4 = i64.mul %m3, %four
  %r4 = i64.mul %rest, %four
  %r = i64.add %r4, %pair
  %q2 = i64.mul %q, %two
  %q4 = i64.mul %q, %four
  %t = i64.add %q4, %one
  %fits = i64.ge_s %r, %t
  br_if %fits, ^set, ^next
^set:
  %r1 = i64.sub %r, %t
  %q3 = i64.add %q2, %one
  br ^next
^next:
  %rest2 = phi i64 [^bits: %r], [^set: %r1]
  %q1 = phi i64 [^bits: %q2], [^set: %q3]
  %i1 = i64.add %i, %one
  br ^head
^exit:
  %up = i64.add %q, %one
  %mant = i64.div_s %up, %two
  %bias = i64.const 511
  %k1 = i64.add %k0, %bias
  %k = i64.sub %k1, %back
  %kb = i64.mul %k, %unit
  %rb = i64.add %kb, %mant
  %root = f64.reinterpret_i64 %rb
  ret %root
}
`,
} as const;
