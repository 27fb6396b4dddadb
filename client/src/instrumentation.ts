/** Runs once at the start of the server. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const start = await import("@/start");
  start.checkConfig();
  start.leadMalformedPathsAway();
  start.keepResponses();
  // In development, hot reload is a WebSocket.
  if (process.env.NODE_ENV === "production") start.guardConnections();
}
