// One line for each query that a program runs; run.py counts them.

export const service = process.env.SERVICE_URL;
export const authorization = process.env.SERVICE_TOKEN ? { Authorization: `Bearer ${process.env.SERVICE_TOKEN}` } : {};

/** Runs a query and says whether its answer is the expected one. */
export async function query(name, run, expected) {
  let problem;
  try {
    const [got, wanted] = [await run(), expected].map((value) => JSON.stringify(value));
    if (got !== wanted) problem = `answered ${got}, not ${wanted}`;
  } catch (error) {
    problem = error instanceof Response ? `${error.status} ${await error.text()}` : String(error.stack ?? error);
  }
  const line = problem === undefined ? `ok     ${name}` : `FAILED ${name}: ${problem}`;
  console.log(line.replace(/\s*\n\s*/g, " ").slice(0, 900));
}
