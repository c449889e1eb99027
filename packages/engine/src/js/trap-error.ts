import type { TrapKind } from '@sluice/ir';

export class TrapError extends Error {
  readonly kind: TrapKind;

  constructor(kind: TrapKind) {
    super(kind);
    this.kind = kind;
  }
}
