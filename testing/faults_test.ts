import assert from "node:assert/strict";
import { type Faults, faultsOf, sum } from "./faults.ts";

Deno.test("What is missing, there twice, there without reason or out of order is found", () => {
  const cases: [number[], number[], Faults][] = [
    [[], [], { lost: 0, doubled: 0, reordered: 0 }],
    [[1, 2, 3], [1, 2, 3], { lost: 0, doubled: 0, reordered: 0 }],
    [[1, 2, 3], [1, 3], { lost: 1, doubled: 0, reordered: 0 }],
    [[1, 2, 3], [1, 2, 3, 4], { lost: 1, doubled: 0, reordered: 0 }],
    [[1, 2, 3], [1, 2, 2, 3], { lost: 0, doubled: 1, reordered: 0 }],
    [[1, 2, 3], [1, 2, 3, 2], { lost: 0, doubled: 1, reordered: 1 }],
    [[1, 2, 3], [2, 1, 3], { lost: 0, doubled: 0, reordered: 1 }],
    [[1, 2, 3], [], { lost: 3, doubled: 0, reordered: 0 }],
  ];
  for (const [wanted, got, faults] of cases) assert.deepEqual(faultsOf(wanted, got), faults, `${wanted} | ${got}`);
  assert.deepEqual(sum(cases.map(([, , faults]) => faults)), { lost: 5, doubled: 2, reordered: 2 });
});
