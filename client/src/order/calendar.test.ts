import { expect, test } from "vitest";
import type { Order } from "@/api/services";
import { calendarOf } from "@/order/calendar";

const site = new URL("https://shop.example/");
const now = new Date("2027-01-02T03:04:05.678Z");

function orderOf(ticket: object): Order {
  return {
    id: "65a0b1c2d3e4f5061728394a",
    ticket: { id: "t", title: "Opera", price: 1, ...ticket },
  } as Order;
}

test("a calendar file has the event's start in UTC, its place and the order", () => {
  const event = { startsAt: "2027-05-01T20:00:00-05:00", venue: "Grand Hall; east", city: "Chicago" };
  expect(calendarOf(orderOf({ event, seat: "Row A" }), site, now)?.split("\r\n")).toEqual([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Ticketing//Tickets//EN",
    "BEGIN:VEVENT",
    "UID:65a0b1c2d3e4f5061728394a@shop.example",
    "DTSTAMP:20270102T030405Z",
    "DTSTART:20270502T010000Z",
    "SUMMARY:Opera",
    "LOCATION:Grand Hall\\; east\\, Chicago",
    "DESCRIPTION:Row A\\nOrder 65a0b1c2d3e4f5061728394a",
    "URL:https://shop.example/orders/65a0b1c2d3e4f5061728394a",
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ]);
});

test("a title can't add lines, and long lines are folded between characters", () => {
  const title = `A\r\nBEGIN:VALARM, ${"🎭é".repeat(60)} \\`;
  const text = calendarOf(orderOf({ title, event: { startsAt: "2027-05-01T20:00:00Z" } }), site, now) ?? "";
  for (const line of text.split("\r\n"))
    expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  expect(text).not.toContain("\uFFFD");
  expect(text.replaceAll("\r\n ", "")).toContain(`SUMMARY:A\\nBEGIN:VALARM\\, ${"🎭é".repeat(60)} \\\\\r\n`);
  expect(text).not.toContain("LOCATION");
});

test("a ticket without a start has no calendar file", () => {
  expect(calendarOf(orderOf({}), site, now)).toBeUndefined();
});
