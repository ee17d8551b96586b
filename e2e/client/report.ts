// One line for each query that a program runs; run.py counts them.

export const service = process.env.SERVICE_URL!;
export const token = process.env.SERVICE_TOKEN;
export const authorization: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};

/** Runs a query and says whether its answer is the expected one. */
export async function query(name: string, run: () => Promise<unknown>, expected: unknown): Promise<void> {
  let problem: string | undefined;
  try {
    const [got, wanted] = [await run(), expected].map((value) => JSON.stringify(value));
    if (got !== wanted) problem = `answered ${got}, not ${wanted}`;
  } catch (error) {
    problem = causes(error).join(": ");
  }
  const line = problem === undefined ? `ok     ${name}` : `FAILED ${name}: ${problem}`;
  console.log(line.replace(/\s*\n\s*/g, " ").slice(0, 900));
}

function causes(error: any): string[] {
  if (!error) return [];
  const body = error.response?.data && JSON.stringify(error.response.data);
  return [String(error.message ?? error), ...(body ? [body] : []), ...causes(error.cause)];
}
