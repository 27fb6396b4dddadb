import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page, test } from "@playwright/test";
import * as api from "../api.ts";
import { browser as chromium } from "../browser.ts";
import { type Running, type System, startSystem } from "../system.ts";

const TICKETS = 100;
const LIGHTHOUSE = "lighthouse@12.8.2";
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

let system: Running<System>;
let seller: Page;
let ticket: api.Ticket;

test.describe.configure({ mode: "serial" });

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  system = await startSystem("15m");
  say(`memory of the client, started just now: ${residentMegabytes()} MB`);
  seller = await (await browser.newContext({ baseURL: system.url })).newPage();
  await api.signUp(seller, api.newEmail());
  for (let n = 1; n <= TICKETS; n++) ticket = await api.list(seller, `Opening night, seat ${n}`, 20 + n);
});

test.afterAll(async () => {
  await seller.context().close();
  await system.stop();
});

test("time to the first byte", async () => {
  for (const [what, url] of [
    ["landing page", system.url],
    ["ticket", `${system.url}/tickets/${ticket.id}`],
    ["the list that the landing page shows, from the API", `${system.url}/api/tickets?limit=24`],
  ] as const) {
    const times: number[] = [];
    for (let n = 0; n < 220; n++) {
      const asked = performance.now();
      const answer = await fetch(url);
      if (n >= 20) times.push(performance.now() - asked);
      await answer.arrayBuffer();
    }
    times.sort((a, b) => a - b);
    say(`${what}: first byte after ${at(times, 0.5)} ms, 95 % before ${at(times, 0.95)} ms`);
  }
  say(`memory of the client, then: ${residentMegabytes()} MB`);
});

test("bytes over the wire", async ({ browser }) => {
  const order = await api.order(seller, ticket);
  for (const [what, path] of [
    ["landing page", "/"],
    ["ticket", `/tickets/${ticket.id}`],
    ["order", `/orders/${order.id}`],
  ] as const) {
    const context = await browser.newContext({
      baseURL: system.url,
      storageState: await seller.context().storageState(),
    });
    const page = await context.newPage();
    const bytes = await weigh(page, path);
    say(`${what}: ${[...bytes].map(([type, n]) => `${type} ${(n / 1000).toFixed(1)} KB`).join(", ")}`);
    await context.close();
  }
  await api.cancel(seller, order);
});

test("Lighthouse", async () => {
  const dir = mkdtempSync(join(tmpdir(), "lighthouse-"));
  for (const path of ["/", `/tickets/${ticket.id}`]) {
    const report = join(dir, "report.json");
    execFileSync(
      "npx",
      [
        "--yes",
        LIGHTHOUSE,
        system.url + path,
        "--quiet",
        "--output=json",
        `--output-path=${report}`,
        `--only-categories=${CATEGORIES}`,
        `--chrome-flags=${chromium.launchOptions?.args?.join(" ")}`,
      ],
      {
        env: { ...process.env, CHROME_PATH: chromium.launchOptions?.executablePath },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    const { categories, audits } = JSON.parse(readFileSync(report, "utf8"));
    const scores = CATEGORIES.map((id) => Math.round(100 * categories[id].score));
    const metrics = [
      "first-contentful-paint",
      "largest-contentful-paint",
      "total-blocking-time",
      "cumulative-layout-shift",
    ];
    say(
      `${path}: ${scores.join(" / ")}; ${metrics.map((id) => `${id} ${audits[id].displayValue}`).join(", ")}`,
    );
  }
  rmSync(dir, { recursive: true });
});

/** What a page loads until it is at rest, by type, as it comes over the network. */
async function weigh(page: Page, path: string): Promise<Map<string, number>> {
  const session = await page.context().newCDPSession(page);
  const [types, bytes] = [new Map<string, string>(), new Map<string, number>()];
  session.on("Network.responseReceived", ({ requestId, type }) => types.set(requestId, type));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId) ?? "Other";
    bytes.set(type, (bytes.get(type) ?? 0) + encodedDataLength);
  });
  await session.send("Network.enable");
  await page.goto(path);
  await page.waitForTimeout(2_000); // a page that listens never comes to rest by itself
  return bytes;
}

/** The memory of the client's process (Linux). */
function residentMegabytes(): number {
  const status = readFileSync(`/proc/${system.client}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

const at = (sorted: number[], share: number) => sorted[Math.floor(share * sorted.length)]?.toFixed(1);

const say = (line: string) => process.stdout.write(`\r${line}\n`);
