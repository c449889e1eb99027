/** Numbers of signatures, by which calls through tables compare them. */

import { printSignature, type Signature } from '@sluice/ir';

/** Gives equal signatures equal numbers. */
export class SignatureNumbers {
  readonly #numbers = new Map<string, number>();

  numberOf(sig: Signature): number {
    const text = printSignature(sig);
    let found = this.#numbers.get(text);
    if (found === undefined) {
      found = this.#numbers.size;
      this.#numbers.set(text, found);
    }
    return found;
  }
}
