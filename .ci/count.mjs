// Adds up the reports of .ci/run: node count.mjs FOLDER SUITE... A suite without a report, or without a single test, is a failure.
import { readFileSync } from "node:fs";

const [folder, ...suites] = process.argv.slice(2);

function read(suite) {
  try {
    const report = JSON.parse(readFileSync(`${folder}/${suite}.json`, "utf8"));
    return "numTotalTests" in report ? fromVitest(report) : report;
  } catch {
    return { passed: 0, failed: 0 };
  }
}

// A file that fails before its first test (a syntax error, a failed hook) has no failed test of its own.
function fromVitest({ numPassedTests, numFailedTests, testResults }) {
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + broken.length };
}

const results = suites.map((suite) => ({ suite, ...read(suite) }));
const empty = results.filter(({ passed, failed }) => passed + failed === 0);
for (const { suite } of empty) console.log(`${suite}: no test ran`);
for (const { suite, passed, failed } of results) console.log(`${suite}: ${passed} passed, ${failed} failed`);
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const failed = total("failed") + empty.length;
console.log(`${total("passed")} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
