/** Runs once at the start of the server. */
export async function register() {
  if (process.env.NEXT_RUNTIME === "nodejs") (await import("@/lib/start")).checkConfig();
}
