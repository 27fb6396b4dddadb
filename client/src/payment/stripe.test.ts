import { loadStripe as load } from "@stripe/stripe-js/pure";
import { afterEach, expect, test, vi } from "vitest";
import { loadStripe, PATIENCE } from "@/payment/stripe";

vi.mock("@stripe/stripe-js/pure", () => ({ loadStripe: vi.fn() }));

const loads = vi.mocked(load);
const stripe = {} as NonNullable<Awaited<ReturnType<typeof load>>>;

afterEach(() => {
  loads.mockReset();
  vi.useRealTimers();
});

test("the script is fetched once for each key", async () => {
  loads.mockResolvedValue(stripe);
  expect(await loadStripe("pk_test_a")).toBe(stripe);
  await loadStripe("pk_test_a");
  expect(loads).toHaveBeenCalledTimes(1);
  await loadStripe("pk_test_b");
  expect(loads).toHaveBeenCalledTimes(2);
});

test("after a failure the next call tries again", async () => {
  loads.mockRejectedValueOnce(new Error("Failed to load Stripe.js")).mockResolvedValue(stripe);
  await expect(loadStripe("pk_test_c")).rejects.toThrow("Failed to load Stripe.js");
  expect(await loadStripe("pk_test_c")).toBe(stripe);
});

test("what does not come is given up", async () => {
  vi.useFakeTimers();
  loads.mockReturnValue(new Promise(() => {}));
  const given = expect(loadStripe("pk_test_d")).rejects.toThrow("not there after");
  await vi.advanceTimersByTimeAsync(PATIENCE);
  await given;
});
