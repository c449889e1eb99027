/** Lifts Bril programs into the IR. */
export {};
