import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveTicket } from "@/ticket/live-ticket";

const router = vi.hoisted(() => ({ refresh: vi.fn() }));
vi.mock("next/navigation", () => ({ useRouter: () => router }));

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  closed = false;
  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }
  close() {
    this.closed = true;
  }
  tell(ticket: object) {
    act(() => void this.dispatchEvent(new MessageEvent("ticket", { data: JSON.stringify(ticket) })));
  }
}

const free = { id: "t1", status: "available", version: 3, price: 50, title: "Opening night" } as const;

beforeEach(() => {
  FakeSource.opened = [];
  router.refresh.mockReset();
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const source = () => FakeSource.opened.at(-1) as FakeSource;

test("announces a reservation at once, and refreshes the page", () => {
  render(<LiveTicket ticket={free} />);
  expect(source().url).toBe("/api/tickets/t1/events");
  source().tell({ ...free, status: "reserved", version: 4 });
  expect(screen.getByRole("status").textContent).toBe("Someone just reserved this ticket.");
  expect(router.refresh).toHaveBeenCalledTimes(1);
});

test("tells that it is free again", () => {
  render(<LiveTicket ticket={{ ...free, status: "reserved" }} />);
  source().tell({ ...free, version: 4 });
  expect(screen.getByRole("status").textContent).toBe(
    "This ticket is available again. You can reserve it now.",
  );
});

test("announces a changed price and title once the page shows them", () => {
  const { rerender } = render(<LiveTicket ticket={free} />);
  source().tell({ ...free, version: 4 });
  expect(router.refresh).toHaveBeenCalledTimes(1);
  expect(screen.getByRole("status").textContent).toBe("");
  rerender(<LiveTicket ticket={{ ...free, version: 4, price: 95, title: "Last night" }} />);
  expect(screen.getByRole("status").textContent).toBe(
    "The price changed from $50.00 to $95.00. The title changed from “Opening night” to “Last night”.",
  );
});

test("what is known already is no news", () => {
  render(<LiveTicket ticket={free} />);
  source().tell(free);
  source().tell({ ...free, status: "reserved", version: 2 });
  expect(screen.getByRole("status").textContent).toBe("");
  expect(router.refresh).not.toHaveBeenCalled();
});

test("a new price is shown without words", () => {
  render(<LiveTicket ticket={free} />);
  source().tell({ ...free, version: 4, price: 5 });
  expect(screen.getByRole("status").textContent).toBe("");
  expect(router.refresh).toHaveBeenCalledTimes(1);
});

test("without an event stream nothing changes", () => {
  render(<LiveTicket ticket={free} />);
  act(() => void source().dispatchEvent(new Event("error")));
  expect(screen.getByRole("status").textContent).toBe("");
  expect(router.refresh).not.toHaveBeenCalled();
});

test("stops listening when it goes away", () => {
  const { unmount } = render(<LiveTicket ticket={free} />);
  unmount();
  expect(source().closed).toBe(true);
});
