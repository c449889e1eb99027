;; A program for WASI preview 1 that does what its first argument says:
;;   hello            writes `hello` and a newline to standard output
;;   echo WORDS       writes its other arguments, one a line
;;   env              writes its environment, one variable a line
;;   exit             ends with code 42, a word on standard error before
;;   copy             standard input to standard output
;;   cat PATH         a file below the first folder that was given
;;   tail PATH        the last 4 bytes of it
;;   size PATH        8 bytes: its size
;;   list             the raw entries of the first folder
;;   clock            ends with code 0 where time passes and random numbers differ
;;   sleep            waits a millisecond
;;   trap             traps
;; A function that answers an error ends the program with 100 and the error's number.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; 0..63: results. 64: pointers of strings, 4096: strings, 8192: a buffer.
  (memory (export "memory") 1)
  (data (i32.const 1024) "hello\n")
  (data (i32.const 1040) "leaving\n")
  (data (i32.const 1056) "\n")

  (func $check (param $error i32)
    (if (local.get $error) (then (call $proc_exit (i32.add (i32.const 100) (local.get $error))))))

  (func $write (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (call $check (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $length (param $at i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $at))
    (loop $more
      (if (i32.load8_u (local.get $end))
        (then (local.set $end (i32.add (local.get $end) (i32.const 1))) (br $more))))
    (i32.sub (local.get $end) (local.get $at)))

  ;; The strings at the pointers from number $i on, each with a newline.
  (func $lines (param $i i32) (param $count i32)
    (local $at i32)
    (loop $more
      (if (i32.lt_u (local.get $i) (local.get $count))
        (then
          (local.set $at (i32.load offset=64 (i32.shl (local.get $i) (i32.const 2))))
          (call $write (i32.const 1) (local.get $at) (call $length (local.get $at)))
          (call $write (i32.const 1) (i32.const 1056) (i32.const 1))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $more)))))

  ;; All that a descriptor has, to standard output.
  (func $pour (param $fd i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 8192))
      (i32.store (i32.const 4) (i32.const 1000))
      (call $check (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
      (if (i32.load (i32.const 8))
        (then (call $write (i32.const 1) (i32.const 8192) (i32.load (i32.const 8))) (br $more)))))

  (func $open (param $path i32) (result i32)
    (call $check (call $fd_prestat_get (i32.const 3) (i32.const 16)))
    (call $check
      (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (call $length (local.get $path))
        (i32.const 0) (i64.const 0x200026) (i64.const 0) (i32.const 0) (i32.const 24)))
    (i32.load (i32.const 24)))

  (func (export "_start")
    (local $count i32) (local $first i32) (local $second i32) (local $fd i32)
    (call $check (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (local.set $count (i32.load (i32.const 0)))
    (call $check (call $args_get (i32.const 64) (i32.const 4096)))
    ;; The first two letters of the first argument tell which it is.
    (local.set $first (i32.load16_u (i32.load (i32.const 68))))
    (local.set $second (i32.load (i32.const 72)))
    (if (i32.eq (local.get $first) (i32.const 0x6568)) ;; he
      (then (call $write (i32.const 1) (i32.const 1024) (i32.const 6)) (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6365)) ;; ec
      (then (call $lines (i32.const 2) (local.get $count)) (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6e65)) ;; en
      (then
        (call $check (call $environ_sizes_get (i32.const 0) (i32.const 4)))
        (local.set $count (i32.load (i32.const 0)))
        (call $check (call $environ_get (i32.const 64) (i32.const 4096)))
        (call $lines (i32.const 0) (local.get $count))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x7865)) ;; ex
      (then (call $write (i32.const 2) (i32.const 1040) (i32.const 8)) (call $proc_exit (i32.const 42))))
    (if (i32.eq (local.get $first) (i32.const 0x6f63)) ;; co
      (then (call $pour (i32.const 0)) (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6163)) ;; ca
      (then
        (local.set $fd (call $open (local.get $second)))
        (call $pour (local.get $fd))
        (call $check (call $fd_close (local.get $fd)))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6174)) ;; ta
      (then
        (local.set $fd (call $open (local.get $second)))
        (call $check (call $fd_seek (local.get $fd) (i64.const -4) (i32.const 2) (i32.const 32)))
        (call $pour (local.get $fd))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6973)) ;; si
      (then
        (call $check
          (call $path_filestat_get (i32.const 3) (i32.const 1) (local.get $second) (call $length (local.get $second))
            (i32.const 8192)))
        (call $write (i32.const 1) (i32.const 8224) (i32.const 8))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x696c)) ;; li
      (then
        (call $check
          (call $fd_readdir (i32.const 3) (i32.const 8192) (i32.const 4096) (i64.const 0) (i32.const 0)))
        (call $write (i32.const 1) (i32.const 8192) (i32.load (i32.const 0)))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6c63)) ;; cl
      (then
        (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8)))
        (call $check (call $random_get (i32.const 16) (i32.const 8)))
        (call $check (call $random_get (i32.const 24) (i32.const 8)))
        (call $check (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 32)))
        (if (i64.gt_u (i64.load (i32.const 8)) (i64.load (i32.const 32))) (then (call $proc_exit (i32.const 1))))
        (if (i64.eq (i64.load (i32.const 16)) (i64.load (i32.const 24))) (then (call $proc_exit (i32.const 2))))
        (return)))
    (if (i32.eq (local.get $first) (i32.const 0x6c73)) ;; sl
      (then
        (i64.store (i32.const 8192) (i64.const 7))
        (i32.store (i32.const 8208) (i32.const 1))
        (i64.store (i32.const 8216) (i64.const 1000000))
        (call $check (call $poll_oneoff (i32.const 8192) (i32.const 12288) (i32.const 1) (i32.const 0)))
        (if (i32.ne (i32.load (i32.const 0)) (i32.const 1)) (then (call $proc_exit (i32.const 1))))
        (if (i64.ne (i64.load (i32.const 12288)) (i64.const 7)) (then (call $proc_exit (i32.const 2))))
        (return)))
    unreachable))
