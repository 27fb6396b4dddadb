export const dynamic = "force-dynamic";

/** The process lives. */
export function GET() {
  return Response.json({}, { headers: { "Cache-Control": "no-store" } });
}
