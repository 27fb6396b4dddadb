import { readOrder } from "@/api/services";
import { siteUrl } from "@/layout/site";
import { calendarOf } from "@/order/calendar";

/** The event of the user's complete order as a calendar file. */
export async function GET(_: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  let order: Awaited<ReturnType<typeof readOrder>>;
  try {
    order = await readOrder((await params).id);
  } catch {
    return new Response("Part of our site isn’t responding. Try again in a moment.", { status: 503 });
  }
  const text = order?.status === "complete" ? calendarOf(order, await siteUrl(), new Date()) : undefined;
  if (!text) return new Response("Not found", { status: 404 });
  return new Response(text, {
    headers: {
      "Content-Type": "text/calendar; charset=utf-8",
      "Content-Disposition": 'attachment; filename="ticket.ics"',
      "Cache-Control": "no-store",
    },
  });
}
