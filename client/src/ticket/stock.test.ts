import { describe, expect, it } from "vitest";
import { stockOf } from "@/ticket/stock";

// Ids that follow one another, as those of tickets that were listed together do.
const stocks = Array.from({ length: 600 }, (_, i) =>
  stockOf(`6b04d47306ac3a5e61${(0x344f00 + i).toString(16)}`),
);

describe("stockOf", () => {
  it("takes all six about equally often", () => {
    for (let stock = 0; stock < 6; stock++) {
      const share = stocks.filter((s) => s === `stock-${stock}`).length / stocks.length;
      expect(share).toBeCloseTo(1 / 6, 1);
    }
  });

  it.each([1, 2, 3, 4, 6])("seldom repeats %i further on, which is near in rows of two or three", (apart) => {
    const repeated = stocks.filter((s, i) => s === stocks[i + apart]).length;
    expect(repeated / stocks.length).toBeLessThan(1 / 5);
  });

  it("takes any id", () => {
    expect(stockOf("")).toBe("stock-0");
    expect(stockOf("not hexadecimal")).toMatch(/^stock-[0-5]$/);
  });
});
