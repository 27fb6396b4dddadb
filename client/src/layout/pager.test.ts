import { expect, test } from "vitest";
import { nextPath, previousPath } from "@/layout/pager";
import { trailOf } from "@/layout/params";

const page = (path: string) => Object.fromEntries(new URL(path, "http://site").searchParams);

test("Previous leads back through the pages that Next came from", async () => {
  const second = page(nextPath("/orders?state=paid", "a"));
  expect(second).toEqual({ state: "paid", after: "a", trail: "" });
  const third = page(
    nextPath("/orders?state=paid", "b", second.after, await trailOf(Promise.resolve(second))),
  );
  expect(third).toEqual({ state: "paid", after: "b", trail: "a" });

  const back = previousPath("/orders?state=paid", (await trailOf(Promise.resolve(third))) ?? []);
  expect(page(back)).toEqual(second);
  expect(previousPath("/orders?state=paid", (await trailOf(Promise.resolve(page(back)))) ?? [])).toBe(
    "/orders?state=paid",
  );
});

test("a long way is forgotten from its beginning", () => {
  const trail = Array.from({ length: 200 }, (_, i) => String(i).padStart(24, "0"));
  const { trail: kept = "" } = page(nextPath("/", "next", "last", trail));
  expect(kept.length).toBeLessThan(1600);
  expect(kept.endsWith(`${trail.at(-1)}.last`)).toBe(true);
});

test.each([undefined, "a.b c", "<script>", ["a", "b"]])("%j isn't a trail", async (trail) => {
  expect(await trailOf(Promise.resolve({ trail }))).toBeUndefined();
});
