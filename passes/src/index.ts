/** The optimisation passes, their rewrite rules and the levels O0 to O3. */
export {};
