import { expect, test } from "vitest";
import { parsePrice } from "@/ticket/price";

test.each([
  ["19.99", 19.99],
  ["5", 5],
  ["0.57", 0.57],
  [".75", 0.75],
  ["12.", 12],
  ["12.5", 12.5],
  ["12,50", 12.5],
  ["12,5", 12.5],
  ["0,5", 0.5],
  [",75", 0.75],
  ["12,", 12],
  ["007", 7],
  ["1234,50", 1234.5],
  ["$1,234.50", 1234.5],
  [" $ 1,234.50 ", 1234.5],
  ["999,999.99", 999_999.99],
  ["12.50 $", 12.5],
  ["1 500", 1500],
  ["1 234,50", 1234.5],
  ["1\u00a0234.50", 1234.5],
  ["1\u202f234,50", 1234.5],
  ["\u00a012.50\u00a0", 12.5],
  ["12.50\n", 12.5],
  ["１２．５０", 12.5],
  ["＄１２，５０", 12.5],
  ["999999.99", 999_999.99],
  ["0", 0],
  ["1000000", 1_000_000],
])("%j is %j", (typed, dollars) => {
  expect(parsePrice(typed)).toEqual({ dollars });
});

test.each(["1.500", "2.000", "19.990", "1,500", "19,990", "100,000", "999.999", "$1.500", "１．５００"])(
  "%j could be two prices",
  (typed) => {
    expect(parsePrice(typed)).toEqual({ problem: expect.stringMatching(/could mean .* or .* without/) });
  },
);

test.each([
  ["1.500,00", /thousands/],
  ["1.500.000", /thousands/],
  ["1,234,567", /thousands/],
  ["1'500", /thousands/],
  ["1’500.00", /thousands/],
  ["0.575", /two decimals/],
  ["1.0050", /two decimals/],
  ["1234.500", /two decimals/],
  ["12,505", /could mean/],
  ["0,001", /two decimals/],
  ["", /^Enter a price/],
  [" ", /^Enter a price/],
  ["$", /^Enter a price/],
  ["free", /plain number/],
  [".", /plain number/],
  [",", /plain number/],
  ["..5", /plain number/],
  ["1..5", /plain number/],
  ["1.,5", /plain number/],
  ["-5", /plain number/],
  ["+5", /plain number/],
  ["−5", /plain number/],
  ["1e3", /plain number/],
  ["0x10", /plain number/],
  ["Infinity", /plain number/],
  ["5²", /plain number/],
  ["½", /plain number/],
  ["12 50", /plain number/],
  ["1 5000", /plain number/],
  ["€5", /plain number/],
  ["$$5", /plain number/],
  ["12.50 USD", /plain number/],
  ["1\u200b2", /plain number/],
  ["١٢", /digits 0 to 9/],
  ["१२.५०", /digits 0 to 9/],
  ["12٫50", /plain number/],
])("%j is refused", (typed, problem) => {
  expect(parsePrice(typed)).toEqual({ problem: expect.stringMatching(problem) });
});
