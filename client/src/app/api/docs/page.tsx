import type { Metadata } from "next";
import { Description } from "@/app/api/docs/description";
import { page } from "@/layout/page";

export const metadata: Metadata = { title: "API" };

export default page(Api);

/** The API reference. scripts/describe.mjs generates the files. */
async function Api() {
  return (
    <>
      <h1 className="text-4xl">API</h1>
      <p className="mt-3 text-muted">
        For programs: <a href="/api/docs/openapi.json">the API as OpenAPI</a> and{" "}
        <a href="/api/docs/asyncapi.json">the events between the services as AsyncAPI</a>.
      </p>
      <noscript>
        <p className="mt-6">To try requests on this page, turn on JavaScript.</p>
      </noscript>
      <Description />
    </>
  );
}
