// A program for the service as a row of steps, each of which is told of in one line.

import { readFileSync } from "node:fs";

/** Between two looks at records that are under way; those who ask the real service wait longer. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

/** The first three rows of the hash file that the program is given. */
export function three() {
  const [head, ...lines] = readFileSync(process.argv[2], "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  return lines.slice(0, 3).map((line) => Object.fromEntries(line.split(",").map((cell, at) => [names[at], cell])));
}

/** Throws unless something holds. */
export function holds(condition, what) {
  if (!condition) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
}

/** Takes the steps in order, also where one fails. They return what they found. */
export async function run(steps) {
  let failed = false;
  for (const [name, step] of Object.entries(steps)) {
    try {
      console.log(`ok ${name} | ${await step()}`);
    } catch (error) {
      failed = true;
      console.error(error);
      console.log(`FAILED ${name} | ${String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 400)}`);
    }
  }
  process.exit(failed ? 1 : 0);
}
