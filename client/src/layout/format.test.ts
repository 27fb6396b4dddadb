import { expect, test } from "vitest";
import { formatAgo, formatMoney, formatTime, madeAt } from "@/layout/format";

test("prices and times are told as people read them", () => {
  expect(formatMoney(1234.5)).toBe("$1,234.50");
  const time = madeAt("6502f1e2c3a4d5e6f7a8b9c1");
  expect(time.toISOString()).toBe("2023-09-14T11:43:30.000Z");
  expect(formatTime(time, "full", "America/New_York").replace(/\u202f/g, "\u00a0")).toBe(
    "Sep\u00a014,\u00a02023, 7:43\u00a0AM\u00a0EDT",
  );
  expect(formatAgo(time, new Date(time.getTime() + 59_000))).toBe("just now");
  expect(formatAgo(time, new Date(time.getTime() + 2 * 3_600_000))).toBe("2 hours ago");
  expect(formatAgo(time, new Date(time.getTime() + 24 * 3_600_000))).toBe("yesterday");
});
