import { configProblems } from "./config";

/** Ends the process if it could not serve: what is wrong with the environment is named, all of it at once. */
export function checkConfig(): void {
  const problems = configProblems(process.env);
  if (problems.length === 0) return;
  for (const problem of problems) console.error(`client: ${problem}`);
  process.exit(1);
}
