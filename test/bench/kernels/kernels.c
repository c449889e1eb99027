/* The kernels of kernels.sasm, by hand. `kernels NAME SIZE RUNS` prints the result and, for each run, nanoseconds. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint8_t memory[4194304];

__attribute__((noinline)) static uint32_t lcg(int32_t n) {
  uint32_t x = 12345, s = 0;
  do {
    x = x * 1664525u + 1013904223u;
    s ^= x;
  } while (--n);
  return s;
}

__attribute__((noinline)) static int32_t fib(int32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((noinline)) static int32_t sieve(int32_t n) {
  int32_t count = 0;
  memset(memory, 0, n);
  for (int32_t p = 2; p < n; p++) {
    if (memory[p]) continue;
    count++;
    if (p > 2000) continue;
    for (int32_t k = p * p; k < n; k += p) memory[k] = 1;
  }
  return count;
}

__attribute__((noinline)) static uint64_t hash(int32_t rounds) {
  uint64_t h = 0xcbf29ce484222325u;
  for (uint32_t k = 0; k < 65536; k++) memory[k] = (uint8_t)(k * 7 + 3);
  do {
    for (uint32_t k = 0; k < 65536; k++) h = (h ^ memory[k]) * 0x100000001b3u;
  } while (--rounds);
  return h;
}

__attribute__((noinline)) static int32_t mandelbrot(int32_t n) {
  int32_t total = 0;
  double step = 2.5 / n;
  for (int32_t y = 0; y < n; y++) {
    double ci = y * step - 1.25;
    for (int32_t x = 0; x < n; x++) {
      double cr = x * step - 2, zr = 0, zi = 0;
      int32_t k = 0;
      while (k < 100) {
        double rr = zr * zr, ii = zi * zi;
        if (rr + ii > 4) break;
        zi = zr * zi * 2 + ci;
        zr = rr - ii + cr;
        k++;
      }
      total += k;
    }
  }
  return total;
}

__attribute__((noinline)) static double matmul(int32_t n) {
  double *a = (double *)memory, *b = (double *)(memory + 524288), *c = (double *)(memory + 1048576);
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < n; j++) {
      a[i * n + j] = i + j;
      b[i * n + j] = i - j + 1;
    }
  }
  for (int32_t i = 0; i < n; i++) {
    for (int32_t j = 0; j < n; j++) {
      double sum = 0;
      for (int32_t k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
  double trace = 0;
  for (int32_t i = 0; i < n; i++) trace += c[i * n + i];
  return trace;
}

static void run(const char *name, int32_t size, char *result) {
  if (!strcmp(name, "lcg")) sprintf(result, "%d", (int32_t)lcg(size));
  else if (!strcmp(name, "fib")) sprintf(result, "%d", fib(size));
  else if (!strcmp(name, "sieve")) sprintf(result, "%d", sieve(size));
  else if (!strcmp(name, "hash")) sprintf(result, "%lld", (long long)hash(size));
  else if (!strcmp(name, "mandelbrot")) sprintf(result, "%d", mandelbrot(size));
  else sprintf(result, "%.0f", matmul(size));
}

int main(int argc, char **argv) {
  char result[64];
  if (argc != 4) return 2;
  for (int i = atoi(argv[3]); i > 0; i--) {
    struct timespec from, to;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    run(argv[1], atoi(argv[2]), result);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    printf("%.0f\n", (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec));
  }
  puts(result);
  return 0;
}
