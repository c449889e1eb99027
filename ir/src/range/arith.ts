/** What arithmetic does to ranges. Integers wrap: bounds of a sum hold only where no sum leaves the type. */

import {
  everything,
  greatestOf,
  isEverything,
  leastOf,
  nearBound,
  roundDown,
  roundUp,
  signedRange,
  trailingKnown,
  unsignedGreatestOf,
} from '../range.ts';
import { atLeast, atMost, both, kept, knownLow, lowBits, type RangeRule, unsignedRange } from './parts.ts';

export const add: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    if (isEverything(a) || isEverything(b)) return everything(wide);
    let r = lowBits(wide, knownLow(a, b), (a.ones + b.ones) | 0);
    if (a.hi + b.hi <= greatestOf(wide) && a.lo + b.lo >= leastOf(wide))
      r = both(r, signedRange(wide, roundDown(wide, a.lo + b.lo), roundUp(wide, a.hi + b.hi)));
    if (a.uhi + b.uhi <= unsignedGreatestOf(wide)) r = both(r, unsignedRange(wide, a.ulo + b.ulo, a.uhi + b.uhi));
    return r;
  },
};

export const sub: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    if (isEverything(b)) return b;
    let r = lowBits(wide, knownLow(a, b), (a.ones - b.ones) | 0);
    if (a.hi - b.lo <= greatestOf(wide) && a.lo - b.hi >= leastOf(wide))
      r = both(r, signedRange(wide, roundDown(wide, a.lo - b.hi), roundUp(wide, a.hi - b.lo)));
    if (a.ulo >= b.uhi) r = both(r, unsignedRange(wide, a.ulo - b.uhi, a.uhi - b.ulo));
    return r;
  },
};

export const mul: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    if (isEverything(a) && isEverything(b)) return a;
    const zeros = Math.min(32, trailingKnown(a.zeros) + trailingKnown(b.zeros));
    let r = both(lowBits(wide, zeros, 0), lowBits(wide, knownLow(a, b), Math.imul(a.ones, b.ones)));
    const near = !wide || (a.lo >= -nearBound && a.hi <= nearBound && b.lo >= -nearBound && b.hi <= nearBound);
    if (near) {
      const [p, q, s, t] = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi];
      r = both(r, kept(wide, Math.min(p, q, s, t), Math.max(p, q, s, t)));
    }
    if (!wide && a.uhi * b.uhi <= 2 ** 32 - 1) r = both(r, unsignedRange(wide, a.ulo * b.ulo, a.uhi * b.uhi));
    return r;
  },
};

export const divS: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    if (b.lo === 1 && b.hi === 1) return a;
    if (b.lo >= 1) {
      const lo = atLeast(wide, a.lo);
      const hi = atMost(wide, a.hi);
      return kept(
        wide,
        Math.trunc(lo / (lo >= 0 ? atMost(wide, b.hi) : atLeast(wide, b.lo))),
        Math.trunc(hi / (hi >= 0 ? atLeast(wide, b.lo) : atMost(wide, b.hi))),
      );
    }
    const size = Math.max(-a.lo, a.hi);
    return size > greatestOf(wide) ? everything(wide) : signedRange(wide, roundDown(wide, -size), roundUp(wide, size));
  },
};

export const divU: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    const far = nearBound;
    const most = wide && a.uhi > far ? 2 ** 64 : a.uhi;
    const by = Math.max(1, b.ulo);
    const least = wide && (b.uhi > far || a.ulo > far) ? 0 : Math.floor(a.ulo / b.uhi);
    const greatest = Math.floor(most / by);
    if (wide && greatest > far) return unsignedRange(wide, 0, a.uhi);
    return unsignedRange(wide, Number.isFinite(least) ? least : 0, Math.min(greatest, a.uhi));
  },
};

export const remS: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    if (a.lo >= 0 && b.lo > a.hi) return a;
    const size = Math.max(-1 - b.lo, b.hi - 1);
    if (size < 0) return everything(wide);
    return signedRange(wide, a.lo >= 0 ? 0 : Math.max(-size, a.lo), a.hi <= 0 ? 0 : Math.min(size, a.hi));
  },
};

export const remU: RangeRule = {
  of: (a, b) => {
    if (a.uhi < b.ulo) return a;
    if (b.uhi === 0) return everything(a.wide);
    return unsignedRange(a.wide, 0, Math.min(a.uhi, b.uhi - 1));
  },
};
