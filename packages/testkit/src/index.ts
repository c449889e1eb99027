/** Arbitraries, laws, fixtures, oracles and reducers for testing compilers built with Sluice. */
export {};
