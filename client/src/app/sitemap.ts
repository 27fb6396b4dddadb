import type { MetadataRoute } from "next";
import { listTickets } from "@/api/services";
import { madeAt } from "@/layout/format";
import { siteUrl } from "@/layout/site";

export const dynamic = "force-dynamic";

// Older tickets are found through the front page. The API lists up to 100 at a time.
const PAGES = 5;
const LIMIT = 100;

/** The front page and the newest tickets that are for sale. */
export default async function sitemap(): Promise<MetadataRoute.Sitemap> {
  const site = await siteUrl();
  const urls: MetadataRoute.Sitemap = [{ url: site.href }];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { items, next } = await listTickets({ after, limit: LIMIT });
    for (const { id } of items) {
      urls.push({ url: new URL(`/tickets/${id}`, site).href, lastModified: madeAt(id) });
    }
    if (!next) break;
    after = next;
  }
  return urls;
}
