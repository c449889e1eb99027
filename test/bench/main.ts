/**
 * `npm run bench [-- startup|scaled|fusion|kernels|latency|simd|optimise|wasm [FILTER]]`: the figures that the project is held to, each
 * against its limit.
 * Exit code 1 where a limit is missed; an answer that is wrong ends the run with an error.
 */

import { fusionFigures } from './fusion.ts';
import { kernelFigures } from './kernels.ts';
import { latencyFigures } from './latency.ts';
import { report } from './measure.ts';
import { optimiseFigures } from './optimise.ts';
import { scaledFigures } from './scaled.ts';
import { simdFigures } from './simd.ts';
import { startupFigures } from './startup.ts';
import { wasmOptimiseFigures } from './wasm-optimise.ts';

const [only, filter] = process.argv.slice(2);
const wanted = (name: string): boolean => only === undefined || only === name;

console.log(`node ${process.version}; units: iterations of the calibration loop`);
const figures = [
  ...(wanted('startup') ? startupFigures() : []),
  ...(wanted('scaled') ? scaledFigures(filter) : []),
  ...(wanted('fusion') ? fusionFigures(filter === 'write') : []),
  ...(wanted('kernels') ? kernelFigures(filter) : []),
  ...(wanted('latency') ? latencyFigures() : []),
  ...(wanted('simd') ? simdFigures(filter) : []),
  ...(wanted('wasm') ? wasmOptimiseFigures() : []),
  ...(wanted('optimise') ? optimiseFigures() : []),
];
process.exitCode = report(figures) ? 0 : 1;
