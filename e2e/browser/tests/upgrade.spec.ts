// Requests for another protocol, which no route has.

import { connect } from "node:net";
import { expect, test } from "../fixtures.ts";

const PATHS = ["/nope", "/", "/tickets/1", "/_next/hmr", "/api/tickets"];
const EACH = 4;

/** The status of an upgrade request. Resolves only after the server has closed its side of the connection, too. */
function upgrade(at: URL, path: string): Promise<string> {
  return new Promise((done, failed) => {
    let answer = "";
    const socket = connect(Number(at.port), "127.0.0.1");
    socket.setTimeout(60_000, () => socket.destroy(new Error(`${path}: the connection stays open`)));
    socket.on("data", (text) => {
      answer += text;
      socket.end();
    });
    socket.on("error", failed);
    socket.on("close", () => done(answer.split(" ")[1] ?? "none"));
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${at.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
  });
}

test("a request for a WebSocket gets an ordinary response and keeps no connection open", async ({
  system,
  newClient,
}) => {
  const client = await newClient({});
  for (const url of [system.url, client.url]) {
    const at = new URL(url);
    const statuses = await Promise.all(
      PATHS.flatMap((path) => Array(EACH).fill(path)).map((p) => upgrade(at, p)),
    );
    for (const status of statuses) expect(["200", "404"]).toContain(status);
  }
});
