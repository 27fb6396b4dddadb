import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Countdown } from "@/order/countdown";

const router = vi.hoisted(() => ({ refresh: vi.fn() }));
vi.mock("next/navigation", () => ({ useRouter: () => router }));

// What the server's clock shows, and what the visitor's does: hours behind, and of no importance.
const now = Date.parse("2026-11-23T18:00:00Z");
const wrong = Date.parse("2026-11-23T11:11:11Z");

beforeEach(() => {
  vi.useFakeTimers({ now: wrong });
  router.refresh.mockReset();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show(milliseconds: number) {
  return render(<Countdown expiresAt={new Date(now + milliseconds).toISOString()} now={now} />);
}

function pass(milliseconds: number) {
  act(() => vi.advanceTimersByTime(milliseconds));
}

const timer = () => screen.getByRole("timer").textContent;
const announced = () => document.querySelector('[aria-live="polite"]')?.textContent;

test("counts what is left by the server's clock, whatever the visitor's shows", () => {
  show(15 * 60_000);
  expect(timer()).toBe("15:00");
  pass(61_000);
  expect(timer()).toBe("13:59");
});

test("a clock that is set in between changes nothing", () => {
  show(15 * 60_000);
  vi.setSystemTime(wrong + 86_400_000);
  pass(1_000);
  expect(timer()).toBe("14:59");
});

test("follows the server's clock when it changes", () => {
  const { rerender } = show(15 * 60_000);
  pass(10_000);
  rerender(<Countdown expiresAt={new Date(now + 15 * 60_000).toISOString()} now={now + 60_000} />);
  pass(250);
  expect(timer()).toBe("14:00");
});

test("warns below five minutes and below one", () => {
  show(5 * 60_000 + 1_000);
  expect(screen.getByText("left to pay")).toBeDefined();
  pass(1_000);
  expect(screen.getByText("Less than five minutes left to pay")).toBeDefined();
  pass(4 * 60_000);
  expect(screen.getByText("Less than a minute left to pay")).toBeDefined();
});

test("is read out by the minute, not by the second", () => {
  show(3 * 60_000);
  const heard = new Set<string | null | undefined>();
  for (let second = 0; second < 3 * 60; second++) {
    heard.add(announced());
    pass(1_000);
  }
  heard.add(announced());
  expect([...heard]).toEqual([
    "3 minutes left to pay.",
    "2 minutes left to pay.",
    "Less than a minute left to pay.",
    "Time’s up.",
  ]);
});

test("asks the server at zero, and again until the order has ended", () => {
  show(1_000);
  pass(900);
  expect(router.refresh).not.toHaveBeenCalled();
  pass(350);
  expect(router.refresh).toHaveBeenCalledTimes(1);
  expect(timer()).toBe("0:00");
  pass(2_000);
  expect(router.refresh).toHaveBeenCalledTimes(2);
});

test("stops when it goes away", () => {
  const { unmount } = show(1_000);
  unmount();
  pass(10_000);
  expect(router.refresh).not.toHaveBeenCalled();
});
