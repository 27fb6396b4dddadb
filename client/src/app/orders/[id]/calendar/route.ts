import { readCharge, readOrder } from "@/api/services";
import { siteUrl } from "@/layout/site";
import { calendarOf } from "@/order/calendar";
import { orUnread, viewOrder } from "@/order/order-view";

/** The event of the user's complete order as a calendar file. A refunded order gets 404. */
export async function GET(_: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  const order = await readOrder(id).catch(orUnread);
  if (order === "unread") {
    return new Response("Part of our site isn’t responding. Try again in a moment.", { status: 503 });
  }
  const now = new Date();
  const kept = order && viewOrder(order, await readCharge(id).catch(orUnread), now) === "complete";
  const text = kept ? calendarOf(order, await siteUrl(), now) : undefined;
  if (!text) return new Response("Not found", { status: 404 });
  return new Response(text, {
    headers: {
      "Content-Type": "text/calendar; charset=utf-8",
      "Content-Disposition": 'attachment; filename="ticket.ics"',
      "Cache-Control": "no-store",
    },
  });
}
