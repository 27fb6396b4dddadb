import { beforeEach, expect, test, vi } from "vitest";
import { type Charge, type Order, readCharge, readOrder, Unavailable } from "@/api/services";
import { GET } from "@/app/orders/[id]/calendar/route";

vi.mock("@/api/services", () => ({
  Unavailable: class extends Error {},
  readOrder: vi.fn(),
  readCharge: vi.fn(),
}));
vi.mock("@/layout/site", () => ({ siteUrl: async () => new URL("https://ticketing.dev") }));

const order = {
  id: "6502f204c3a4d5e6f7a8b9c2",
  status: "complete",
  expiresAt: "2031-05-01T00:15:00Z",
  ticket: {
    id: "t1",
    title: "Gig",
    price: 20,
    event: { startsAt: "2031-05-01T20:00:00-05:00", venue: "Hall" },
  },
} as Order;
const paid = { status: "succeeded", amount: 20 } as Charge;

const get = () => GET(new Request("https://ticketing.dev"), { params: Promise.resolve({ id: order.id }) });

beforeEach(() => {
  vi.mocked(readOrder).mockResolvedValue(order);
  vi.mocked(readCharge).mockResolvedValue(paid);
});

test("a paid order has its event as a calendar file", async () => {
  const answer = await get();
  expect(answer.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
  expect(await answer.text()).toContain("DTSTART:20310502T010000Z");
});

test.each<[string, Charge]>([
  ["a refund", { ...paid, status: "refunded" }],
  ["a refund in Stripe's dashboard", { ...paid, refundedAmount: 20 }],
  ["a lost dispute", { ...paid, dispute: { status: "lost", reason: "fraudulent", amount: 20 } }],
])("after %s, there's no calendar file", async (_, charge) => {
  vi.mocked(readCharge).mockResolvedValue(charge);
  expect((await get()).status).toBe(404);
});

test("while payments is away, the file is still there", async () => {
  vi.mocked(readCharge).mockRejectedValue(new Unavailable());
  expect((await get()).status).toBe(200);
});

test("an order that isn't paid, or isn't the user's, has none", async () => {
  vi.mocked(readOrder).mockResolvedValue({ ...order, status: "cancelled" });
  expect((await get()).status).toBe(404);
  vi.mocked(readOrder).mockResolvedValue(null);
  expect((await get()).status).toBe(404);
});

test("while orders is away, the response says so", async () => {
  vi.mocked(readOrder).mockRejectedValue(new Unavailable());
  expect((await get()).status).toBe(503);
});
