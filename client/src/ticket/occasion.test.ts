import { expect, test } from "vitest";
import { formatStart, hasStarted, inputOf, offsetOf, placeOf, startsAtIn } from "@/ticket/occasion";

test("a start is shown in the time of its place", () => {
  const shown = (startsAt: string) => formatStart(startsAt).replace(/\u202f/g, " ");
  expect(shown("2027-05-01T20:00:00-05:00")).toBe("Sat, May 1, 2027, 8:00 PM");
  expect(shown("2027-05-01T20:00:00+14:00")).toBe("Sat, May 1, 2027, 8:00 PM");
  expect(shown("2027-05-01T20:00:00.25Z")).toBe("Sat, May 1, 2027, 8:00 PM");
});

test("a place has a venue, a city or both", () => {
  expect(placeOf({ event: { venue: "Grand Hall", city: "Chicago" } })).toBe("Grand Hall, Chicago");
  expect(placeOf({ event: { city: "Chicago" } })).toBe("Chicago");
  expect(placeOf({})).toBe("");
});

test("an event starts at its instant, and one without a start never does", () => {
  const event = { startsAt: "2027-05-01T20:00:00-05:00" };
  expect(hasStarted({ event }, new Date("2027-05-02T00:59:59Z"))).toBe(false);
  expect(hasStarted({ event }, new Date("2027-05-02T01:00:00Z"))).toBe(true);
  expect(hasStarted({}, new Date())).toBe(false);
});

test.each([
  ["2027-05-01T20:00", "America/Chicago", "2027-05-01T20:00:00-05:00"],
  ["2027-01-01T20:00", "America/Chicago", "2027-01-01T20:00:00-06:00"],
  ["2027-05-01T20:00:30", "Asia/Kathmandu", "2027-05-01T20:00:30+05:45"],
  ["2027-05-01T20:00", "UTC", "2027-05-01T20:00:00+00:00"],
  ["2027-05-01T20:00", "-03:30", "2027-05-01T20:00:00-03:30"],
  // The hour before and after the clocks change.
  ["2027-03-28T01:59", "Europe/Paris", "2027-03-28T01:59:00+01:00"],
  ["2027-03-28T03:00", "Europe/Paris", "2027-03-28T03:00:00+02:00"],
  ["2027-05-01T20:00", "Mars/Olympus", null],
  ["2027-05-01T20:00", "", null],
  ["2027-13-01T20:00", "UTC", null],
  ["tomorrow", "UTC", null],
])("%s in %s is %s", (local, zone, startsAt) => {
  expect(startsAtIn(local, zone)).toBe(startsAt);
});

test("an edit starts from the stored event", () => {
  expect(inputOf("2027-05-01T20:00:00-05:00")).toBe("2027-05-01T20:00");
  expect(offsetOf("2027-05-01T20:00:00-05:00")).toBe("-05:00");
  expect(offsetOf("2027-05-01T20:00:00Z")).toBe("+00:00");
  expect(inputOf(undefined)).toBeUndefined();
});
