/** Export of control flow graphs, dominator trees and call graphs as DOT, SVG and JSON. */
export {};
