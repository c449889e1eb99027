;; Bulk operations on memory, passive and active segments, and what is left of an instance that could not be made.

(module
  (memory (export "memory") 1)
  (data $active (i32.const 0) "abcdefgh")
  (data $passive "12345678")
  (func (export "init") (param i32 i32 i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init active") (param i32 i32 i32) (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $passive))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))

(assert_return (invoke "load" (i32.const 0)) (i64.const 0x6867666564636261))
(invoke "copy" (i32.const 2) (i32.const 0) (i32.const 6))
(assert_return (invoke "load" (i32.const 0)) (i64.const 0x6665646362616261))
(invoke "copy" (i32.const 0) (i32.const 1) (i32.const 7))
(assert_return (invoke "load" (i32.const 0)) (i64.const 0x6666656463626162))
(invoke "fill" (i32.const 3) (i32.const 0x1ff) (i32.const 2))
(assert_return (invoke "load" (i32.const 0)) (i64.const 0x666665ffff626162))
(invoke "init" (i32.const 4) (i32.const 5) (i32.const 3))
(assert_return (invoke "load" (i32.const 0)) (i64.const 0x66383736ff626162))

;; Ends fit exactly; one more byte traps, and nothing is written; nothing at the end is fine, behind it not.
(invoke "fill" (i32.const 65535) (i32.const 7) (i32.const 1))
(assert_return (invoke "byte" (i32.const 65535)) (i32.const 7))
(assert_trap (invoke "fill" (i32.const 65530) (i32.const 9) (i32.const 7)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 65530)) (i32.const 0))
(invoke "fill" (i32.const 65536) (i32.const 9) (i32.const 0))
(assert_trap (invoke "fill" (i32.const 65537) (i32.const 9) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "fill" (i32.const 0) (i32.const 9) (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 65530) (i32.const 0) (i32.const 7)) "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const 0) (i32.const 65530) (i32.const 7)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 0)) (i32.const 0x62))
(invoke "copy" (i32.const 65536) (i32.const 65536) (i32.const 0))
(assert_trap (invoke "copy" (i32.const 65537) (i32.const 0) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "copy" (i32.const -1) (i32.const 0) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 0) (i32.const 4) (i32.const 5)) "out of bounds memory access")
(assert_trap (invoke "init" (i32.const 65533) (i32.const 0) (i32.const 4)) "out of bounds memory access")
(invoke "init" (i32.const 65536) (i32.const 8) (i32.const 0))
(assert_trap (invoke "init" (i32.const 0) (i32.const 9) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "init active" (i32.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(invoke "init active" (i32.const 0) (i32.const 0) (i32.const 0))
(invoke "drop")
(invoke "drop")
(assert_trap (invoke "init" (i32.const 0) (i32.const 0) (i32.const 1)) "out of bounds memory access")
(invoke "init" (i32.const 0) (i32.const 0) (i32.const 0))

;; Segments are written one after the other, later over earlier.
(module
  (memory 1)
  (data (i32.const 0) "aaaa")
  (data (i32.const 1) "bb")
  (data (i32.const 65536) "")
  (func (export "load") (result i32) (i32.load (i32.const 0))))
(assert_return (invoke "load") (i32.const 0x61626261))

(module
  (import "spectest" "global_i32" (global $at i32))
  (memory 1)
  (data (global.get $at) "here")
  (func (export "load") (result i32) (i32.load (i32.const 666))))
(assert_return (invoke "load") (i32.const 0x65726568))

;; What segments and start functions did before one of them trapped, stays.
(module $State
  (memory (export "memory") 1)
  (table (export "table") 4 funcref)
  (func $seven (result i32) (i32.const 7))
  (elem (i32.const 3) $seven)
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))
(register "state" $State)
(assert_trap
  (module
    (import "state" "memory" (memory 1))
    (data (i32.const 5) "x")
    (data (i32.const 65535) "yz")
    (data (i32.const 6) "never"))
  "out of bounds memory access")
(assert_return (invoke $State "byte" (i32.const 5)) (i32.const 0x78))
(assert_return (invoke $State "byte" (i32.const 6)) (i32.const 0))
(assert_return (invoke $State "byte" (i32.const 65535)) (i32.const 0))
(assert_trap
  (module
    (import "state" "table" (table 1 funcref))
    (import "state" "memory" (memory 1))
    (func $one (result i32) (i32.const 1))
    (elem (i32.const 0) $one)
    (elem (i32.const 3) $one $one)
    (data (i32.const 7) "never"))
  "out of bounds table access")
(assert_return (invoke $State "call" (i32.const 0)) (i32.const 1))
(assert_return (invoke $State "call" (i32.const 3)) (i32.const 7))
(assert_return (invoke $State "byte" (i32.const 7)) (i32.const 0))
(assert_trap
  (module
    (import "state" "memory" (memory 1))
    (func $start (i32.store8 (i32.const 9) (i32.const 33)) (unreachable))
    (start $start))
  "unreachable")
(assert_return (invoke $State "byte" (i32.const 9)) (i32.const 33))

;; A start function runs once, behind the segments, before anything is called.
(module $Started
  (memory 1)
  (global $g (mut i32) (i32.const 3))
  (data (i32.const 0) "\05")
  (func $start (global.set $g (i32.add (global.get $g) (i32.load8_u (i32.const 0)))))
  (start $start)
  (func (export "get") (result i32) (global.get $g)))
(assert_return (invoke "get") (i32.const 8))
(assert_return (invoke "get") (i32.const 8))
