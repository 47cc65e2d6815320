// draft.py in JavaScript; `lists` holds pairs of a ranker's name and its items. `node draft.mjs vectors.json` proves it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { pathToFileURL } from "node:url";

export function draft(method, lists, length, seed) {
  const wrong = length < 1 || lists.length < 2 || (method === "balanced" && lists.length > 2);
  if (!Object.hasOwn(METHODS, method) || wrong)
    throw new RangeError(`there is no ${method} draft of ${lists.length} lists to ${length} items`);
  const sides = lists.map(([name, items]) => [name, [...new Set(items)].filter((item) => item !== null)]);
  const depth = Math.min(length, ...sides.map(([, items]) => items.length));
  const drafted = depth ? METHODS[method](sides, depth, coins(seed)) : new Map();
  for (const item of sides.flatMap(([, items]) => items))
    if (drafted.size < length && !drafted.has(item)) drafted.set(item, "");
  return [...drafted];
}

export function coins(seed) {
  let [block, bits, at] = [0, Buffer.alloc(0), 0];
  return function below(n) {
    const width = n > 1 ? 32 - Math.clz32(n - 1) : 0;
    for (;;) {
      if (bits.length * 8 - at < width) {
        bits = createHash("sha256").update(`${seed}\x1f${block++}`).digest();
        at = 0;
      }
      let drawn = 0;
      for (let i = 0; i < width; i++, at++) drawn |= ((bits[at >> 3] >> (at & 7)) & 1) << i;
      if (drawn < n) return drawn;
    }
  };
}

function team(sides, depth, below) {
  const picked = new Map();
  for (;;) {
    for (const order = [...sides]; order.length; ) {
      const [[name, items]] = order.splice(order.length > 1 ? below(order.length) : 0, 1);
      const item = items.find((item) => !picked.has(item));
      if (item !== undefined) picked.set(item, name);
      if (picked.size === depth) return picked;
    }
  }
}

function balanced(sides, depth, below) {
  const [picked, first] = [new Map(), below(2)];
  for (let turn = 0; picked.size < depth; turn++) {
    const [name, items] = sides[(first + turn) % 2];
    const item = items[turn >> 1];
    if (!picked.has(item)) picked.set(item, name);
  }
  return picked;
}

function probabilistic(sides, depth, below) {
  const picked = new Map();
  while (picked.size < depth) {
    const [name, items] = sides[below(sides.length)];
    const weighed = items.map((item, i) => [item, Math.floor(1e6 / (i + 1) ** 3) || 1]);
    const there = weighed.filter(([item]) => !picked.has(item));
    let at = below(there.reduce((sum, [, weight]) => sum + weight, 0));
    picked.set(there.find(([, weight]) => (at -= weight) < 0)[0], name);
  }
  return picked;
}

const METHODS = { team, balanced, probabilistic };

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const vectors = JSON.parse(readFileSync(argv[2], "utf8"));
  const same = ({ method, lists, length, seed, items, rankers }) => {
    const drafted = draft(method, lists, length, seed);
    return JSON.stringify(drafted) === JSON.stringify(items.map((item, i) => [item, rankers[i]]));
  };
  const wrong = vectors.filter((vector) => !same(vector));
  console.log(`${vectors.length - wrong.length} of ${vectors.length} vectors pass`);
  for (const vector of wrong.slice(0, 3)) console.error("not so here:", JSON.stringify(vector));
  exit(wrong.length ? 1 : 0);
}
