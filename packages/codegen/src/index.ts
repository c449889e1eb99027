/** Contracts and algorithms shared by register allocation and backends. */
export {};
