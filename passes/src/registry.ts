/** All passes of this package by name: what `-p`, `sluice passes`, the fixtures and the laws know. One line a pass. */

import type { Pass } from '@sluice/pipeline';
import adce from './adce.ts';
import callFacts from './call-facts.ts';
import checkElim from './check-elim.ts';
import dce from './dce.ts';
import deadArgs from './dead-args.ts';
import deadFuncs from './dead-funcs.ts';
import divRem from './div-rem.ts';
import dse from './dse.ts';
import gvn from './gvn.ts';
import gvnPre from './gvn-pre.ts';
import ifConvert from './if-convert.ts';
import indvars from './indvars.ts';
import inline from './inline.ts';
import ipcp from './ipcp.ts';
import jumpThread from './jump-thread.ts';
import licm from './licm.ts';
import loadElim from './load-elim.ts';
import loopDelete from './loop-delete.ts';
import loopPeel from './loop-peel.ts';
import loopPromote from './loop-promote.ts';
import loopRotate from './loop-rotate.ts';
import loopUnroll from './loop-unroll.ts';
import loopUnswitch from './loop-unswitch.ts';
import lowerInvoke from './lower-invoke.ts';
import memForward from './mem-forward.ts';
import orderUses from './order-uses.ts';
import reassociate from './reassociate.ts';
import sccp from './sccp.ts';
import schedule from './schedule.ts';
import simdLower from './simd-lower.ts';
import simplify from './simplify.ts';
import simplifyCfg from './simplify-cfg.ts';
import sink from './sink.ts';
import splitCriticalEdges from './split-critical-edges.ts';
import sroa from './sroa.ts';
import ssaDestruct from './ssa-destruct.ts';
import strengthReduce from './strength-reduce.ts';
import switchForm from './switch-form.ts';
import switchLower from './switch-lower.ts';
import tailCall from './tail-call.ts';
import tailDup from './tail-dup.ts';
import valueRange from './value-range.ts';

const all: readonly Pass[] = [
  adce,
  callFacts,
  checkElim,
  dce,
  deadArgs,
  deadFuncs,
  divRem,
  dse,
  gvn,
  gvnPre,
  ifConvert,
  indvars,
  inline,
  ipcp,
  jumpThread,
  licm,
  loadElim,
  loopDelete,
  loopPromote,
  loopPeel,
  loopRotate,
  loopUnroll,
  loopUnswitch,
  lowerInvoke,
  memForward,
  orderUses,
  reassociate,
  sccp,
  schedule,
  simplifyCfg,
  simplify,
  simdLower,
  sink,
  splitCriticalEdges,
  sroa,
  ssaDestruct,
  strengthReduce,
  switchForm,
  switchLower,
  tailCall,
  tailDup,
  valueRange,
];

/** The passes by name, sorted. */
export const passes: ReadonlyMap<string, Pass> = new Map(all.map((pass) => [pass.name, pass]));
