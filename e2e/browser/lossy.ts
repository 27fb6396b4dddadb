// A proxy to the services that loses responses.

import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";

export type Lossy = {
  url: string;
  /** From now on, drops the response to the first successful POST of each path. */
  loseAnswers(): void;
  /** How many responses were dropped. */
  lost(): number;
  /** From now on, ignores requests below this path; an empty path ends that. */
  takeAway(path: string): void;
  stop(): Promise<void>;
};

/** Passes requests on to a target. */
export async function startLossy(target: string): Promise<Lossy> {
  const lost = new Set<string>();
  let losing = false;
  let away = "";
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, url = "", headers } = incoming;
    if (away && url.startsWith(away)) return outgoing.destroy();
    const onward = send(new URL(url, target), {
      method,
      headers: { ...headers, host: new URL(target).host },
    });
    onward.on("response", (answer) => {
      if (losing && method === "POST" && answer.statusCode === 201 && !lost.has(url)) {
        lost.add(url);
        outgoing.destroy();
        answer.resume();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    return incoming.pipe(onward);
  };
  const server = createServer(pass);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswers() {
      losing = true;
    },
    lost: () => lost.size,
    takeAway(path) {
      away = path;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
