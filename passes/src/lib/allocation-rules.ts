/**
 * What an allocation must keep to: the rules of the checker (regalloc/check.ts), which names the one that is broken. Apart from
 * it, so that tests can ask for all of them.
 */

/** The rules by name. */
export const allocationRules = {
  bound: 'no more registers than there are, with types: of each type',
  types: 'each register has a type exactly when registers are typed',
  parameters: 'parameters arrive in the first registers, which have their types',
  range: 'a register is one of those that the frame has',
  'register-type': 'a register with a type holds values of it',
  folded: 'only a load of a slot is left to its reader, and has no register then',
  'slot-type': 'a slot is read and written as what it is',
  'own-slots': "what was put in leaves the program's slots alone",
  shape: 'blocks, parameters and terminators are those of the function',
  instructions: 'its instructions are all there, in order, and are what they were',
  unplaced: 'what is read is in a register or a slot',
  'slot-reader': 'only calls, returns and invokes read slots themselves',
  results: 'a result is one of the same call',
  value: 'each operand is read from a cell that holds it on every path',
} as const;

/** The name of a rule. */
export type AllocationRule = keyof typeof allocationRules;
