import type { Metadata } from "next";
import { headers } from "next/headers";
import { askedByHttps, askedHost } from "@/api/forwarded";
import socialCard from "@/layout/social-card.png";

/** The site's own address, as the visitor's request names it. */
export async function siteUrl(): Promise<URL> {
  const incoming = await headers();
  const proto = askedByHttps(incoming) ? "https" : "http";
  const address = `${proto}://${askedHost(incoming)}`;
  return new URL(URL.canParse(address) ? address : "http://localhost");
}

/** What other sites show of a link to a page (https://ogp.me). path is relative to the site. */
export function cardOf(title: string, description: string, path: string): Metadata {
  const { src, width, height } = socialCard;
  return {
    description,
    openGraph: {
      type: "website",
      siteName: "Ticketing",
      title: { absolute: title },
      description,
      url: path,
      images: [{ url: src, width, height, alt: "Ticketing" }],
    },
    twitter: { card: "summary_large_image" },
  };
}
