/** The stack and register bytecode formats: encode, decode, assemble, disassemble, validate. */
export {};
