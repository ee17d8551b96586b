// What examples/devices.csv says, to compare with.

const { readFileSync } = require("node:fs");

const [, ...lines] = readFileSync(/** @type {string} */ (process.env.DEVICES), "utf8")
  .trim()
  .split(/\r?\n/);

exports.devices = lines.map((line) => {
  const [serialNumber, , , groupTag] = line.split(",");
  return { serialNumber, groupTag };
});

/** @type {(list: string[]) => string[]} */
exports.sorted = (list) => [...list].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
