/** Definition of passes and rules, the rewrite driver and the pass manager. */
export {};
