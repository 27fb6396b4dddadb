import type { MetadataRoute } from "next";
import { siteUrl } from "@/layout/site";

/** Search engines may see what visitors see. The rest is personal. */
export default async function robots(): Promise<MetadataRoute.Robots> {
  return {
    rules: { userAgent: "*", disallow: ["/api/", "/orders", "/my-tickets", "/sell", "/signin", "/signup"] },
    sitemap: new URL("/sitemap.xml", await siteUrl()).href,
  };
}
