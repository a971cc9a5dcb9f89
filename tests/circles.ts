/**
 * Circles in a graph: what imports itself, by way of others.
 *
 * @module
 */

/** One circle, the shortest from its first node, of each group of nodes that all reach each other. */
export function circlesIn(graph: Map<string, Set<string>>): string[][] {
  const circles: string[][] = [];
  const seen = new Set<string>();
  for (const start of [...graph.keys()].sort()) {
    if (seen.has(start)) continue;
    const circle = shortestCircle(graph, start);
    if (circle === undefined) continue;
    for (const node of reachedFrom(graph, start)) {
      if (reachedFrom(graph, node).has(start)) seen.add(node);
    }
    circles.push(circle);
  }
  return circles;
}

function reachedFrom(graph: Map<string, Set<string>>, start: string): Set<string> {
  const reached = new Set([start]);
  for (const node of reached) for (const next of graph.get(node) ?? []) reached.add(next);
  return reached;
}

function shortestCircle(graph: Map<string, Set<string>>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const circle = [start];
        for (let at = node; at !== start; at = cameFrom.get(at)!) circle.unshift(at);
        return [start, ...circle];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}
