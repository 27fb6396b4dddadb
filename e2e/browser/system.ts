// Runs the whole system: services, gateway, stand-ins and the client, by the program local.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const program = resolve(process.env.LOCAL ?? join(root, ".bin/local"));
const builtClient = join(root, "client/.next/standalone/server.js");

// For a busy machine, in milliseconds. A system builds its programs first, which takes minutes on a new
// machine. A program that ends is noticed at once.
const PATIENCE = 60_000;
const BUILD_PATIENCE = 10 * 60_000;

/** Where the parts of a system are. */
export type System = {
  /** Where people go. */
  url: string;
  /** The Stripe sandbox. */
  stripe: string;
  /** The process of the client. */
  client: number;
  /** The name of the session cookie, which each data directory has for itself. */
  cookie: string;
};

export type Running<T> = T & { stop(): Promise<void> };

/** Starts a system of its own, in which orders live for a time such as "15m". */
export async function startSystem(orderTTL: string): Promise<Running<System>> {
  const dir = mkdtempSync(join(tmpdir(), "browser-"));
  const args = ["-addr", "localhost:0", "-data", dir, "-order-ttl", orderTTL, "-client", "built"];
  const child = start(program, args, process.env);
  const stop = async () => {
    await child.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    // run.json is there as soon as everything is ready.
    const run = await child.until(
      () => JSON.parse(readFileSync(join(dir, "run.json"), "utf8")) as Run,
      BUILD_PATIENCE,
    );
    return {
      url: asLocalhost(run.gateway),
      stripe: run.stripe.url,
      client: run.client.pid,
      cookie: cookieOf(dir),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function cookieOf(dir: string): string {
  return `ticketing-${createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 8)}`;
}

type Run = { gateway: string; stripe: { url: string }; client: { pid: number } };

/** Starts one more client of a system, with variables of its own in its environment. */
export async function startClient(
  system: System,
  env: Record<string, string>,
): Promise<Running<{ url: string }>> {
  const port = await freePort();
  const child = start(process.execPath, [builtClient], {
    ...process.env,
    HOSTNAME: "127.0.0.1",
    PORT: String(port),
    API_URL: system.url,
    COOKIE_NAME: system.cookie,
    ...env,
  });
  const url = `http://localhost:${port}`;
  try {
    await child.until(async () => (await fetch(`${url}/readyz`)).ok || Promise.reject());
    return { url, stop: child.stop };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Starts a program, whose output is shown only if it does not get ready. */
function start(command: string, args: string[], env: NodeJS.ProcessEnv) {
  let output = "";
  const child: ChildProcess = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((done) => {
    child.once("close", () => done());
    child.once("error", (error) => {
      output += error;
      done();
    });
  });
  let running = true;
  ended.then(() => {
    running = false;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text) => {
      output += text;
    });
  }
  return {
    /** Waits until something can be had, for some milliseconds. */
    async until<T>(attempt: () => T | Promise<T>, patience = PATIENCE): Promise<T> {
      const end = Date.now() + patience;
      while (running && Date.now() < end) {
        try {
          return await attempt();
        } catch {
          await new Promise((passed) => setTimeout(passed, 50));
        }
      }
      throw new Error(`${command} ${running ? "is not ready" : "has ended"}:\n${output}`);
    },
    /** Asks it to end, and waits until it has. */
    async stop(): Promise<void> {
      if (running) child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The session's cookie is for localhost, and a secure context for the browser. */
function asLocalhost(url: string): string {
  const at = new URL(url);
  at.hostname = "localhost";
  return at.origin;
}

/** An unused port. */
export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? found(address.port) : failed()));
    });
  });
}
