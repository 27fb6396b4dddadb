export const dynamic = "force-dynamic";

/** The client keeps nothing, so it is ready when it answers. What a page needs of a service it asks for then. */
export function GET() {
  return Response.json({}, { headers: { "Cache-Control": "no-store" } });
}
