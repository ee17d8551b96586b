// One line for each query that a program runs; run.py counts them.

/** @type {string} */
exports.service = process.env.SERVICE_URL;
const token = process.env.SERVICE_TOKEN;
/** @type {Record<string, string>} */
exports.authorization = token ? { Authorization: `Bearer ${token}` } : {};

/**
 * Runs a query and says whether its answer is the expected one.
 * @param {string} name
 * @param {() => Promise<unknown>} run
 * @param {unknown} expected
 */
exports.query = async function (name, run, expected) {
  let problem;
  try {
    const [got, wanted] = [await run(), expected].map((value) => JSON.stringify(value));
    if (got !== wanted) problem = `answered ${got}, not ${wanted}`;
  } catch (error) {
    problem = error instanceof Response ? `${error.status} ${await error.text()}` : causes(error).join(": ");
  }
  const line = problem === undefined ? `ok     ${name}` : `FAILED ${name}: ${problem}`;
  console.log(line.replace(/\s*\n\s*/g, " ").slice(0, 900));
};

function causes(error) {
  if (!error) return [];
  const body = error.response?.data && JSON.stringify(error.response.data);
  return [String(error.message ?? error), ...(body ? [body] : []), ...causes(error.cause)];
}
