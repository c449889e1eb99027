/** The intermediate representation: types, op table, functions and modules, verifier, reference interpreter. */
export {};
