/** The embedding API: load, compile and run. */
export {};
