"use client";

import { useEffect, useRef, useState } from "react";
import type { Ticket } from "@/api/services";
import { useRefresh } from "@/layout/use-refresh";
import { changesOf } from "@/ticket/changes";

type Known = Pick<Ticket, "id" | "status" | "version">;
type Shown = Known & Pick<Ticket, "price" | "title">;

const news: Record<Ticket["status"], string> = {
  available: "This ticket is available again. You can reserve it now.",
  reserved: "Someone just reserved this ticket.",
  sold: "This ticket was just sold.",
  withdrawn: "The seller just withdrew this ticket.",
};

/**
 * Follows a ticket while its page is visible: it announces changes and refreshes the page. Without a stream,
 * the page stays as it is.
 */
export function LiveTicket({ ticket }: { ticket: Shown }) {
  const refresh = useRefresh();
  const shown = useRef<Known>(ticket);
  const offered = useRef(ticket);
  const [announced, announce] = useState("");

  useEffect(() => {
    if (ticket.version > shown.current.version) shown.current = ticket;
    if (ticket.version <= offered.current.version) return;
    const changes = changesOf(offered.current, ticket);
    offered.current = ticket;
    if (changes.length > 0) announce(changes.join(" "));
  }, [ticket]);

  useEffect(() => {
    let source: EventSource | undefined;
    const heard = (event: MessageEvent<string>) => {
      const latest = JSON.parse(event.data) as Known;
      if (latest.version <= shown.current.version) return;
      if (latest.status !== shown.current.status) announce(news[latest.status] ?? "");
      shown.current = latest;
      refresh();
    };
    // A hidden page does not listen: browsers allow few connections to one site. The first event after
    // it is shown again is the current state, so nothing is missed.
    const follow = () => {
      const visible = document.visibilityState === "visible";
      if (visible && !source) {
        source = new EventSource(`/api/tickets/${encodeURIComponent(ticket.id)}/events`);
        source.addEventListener("ticket", heard);
      } else if (!visible) {
        source?.close();
        source = undefined;
      }
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      source?.close();
    };
  }, [ticket.id, refresh]);

  return (
    <p
      role="status"
      className={announced ? "rounded-lg border-2 border-accent px-4 py-3 font-medium" : "sr-only"}
    >
      {announced}
    </p>
  );
}
