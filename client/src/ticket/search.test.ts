import { expect, test } from "vitest";
import { asQuery, isSearch, readSearch, searchPath } from "@/ticket/search";

test("a search is read from the address, without empty and repeated fields", async () => {
  const params = { q: " jazz ", city: "", sort: ["date", "price"], minPrice: "12,50", other: "x" };
  expect(await readSearch(Promise.resolve(params))).toEqual({ q: "jazz", minPrice: "12,50" });
});

test("a search makes the address that it was read from", async () => {
  const search = { q: "swan lake & more", city: "São Paulo", from: "2027-05-01" };
  const path = searchPath(search);
  const read = Object.fromEntries(new URL(path, "http://site").searchParams);
  expect(await readSearch(Promise.resolve(read))).toEqual(search);
  expect(searchPath({})).toBe("/");
});

test("prices are sent as numbers, and anything else as typed", () => {
  expect(asQuery({ minPrice: "$12,50", maxPrice: "1.500" })).toEqual({ minPrice: "12.5", maxPrice: "1.500" });
});

test("no field is no search", () => {
  expect([isSearch({}), isSearch({ sort: "date" })]).toEqual([false, true]);
});
