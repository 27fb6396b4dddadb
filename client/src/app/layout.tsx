import "./globals.css";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { readHeld, visitor } from "@/api/services";
import { Viewer } from "@/form/viewer";
import { cardOf, siteUrl } from "@/layout/site";
import { SiteHeader } from "@/layout/site-header";

const TITLE = "Ticketing: tickets from people who can’t go";

export async function generateMetadata(): Promise<Metadata> {
  return {
    ...cardOf(TITLE, "Buy and sell tickets. Reserve one, and we’ll hold it for you while you pay.", "/"),
    title: { default: TITLE, template: "%s · Ticketing" },
    metadataBase: await siteUrl(),
  };
}

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fffcf5" },
    { media: "(prefers-color-scheme: dark)", color: "#221d17" },
  ],
};

// Every page is made for its visitor, with a nonce of its own.
export const dynamic = "force-dynamic";

export default async function Layout({ children }: { children: ReactNode }) {
  const seen = await visitor();
  const held = seen && seen !== "unknown" ? await readHeld() : undefined;
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col">
        <a href="#content" className="button absolute top-2 left-2 z-10 -translate-y-24 focus:translate-y-0">
          Skip to content
        </a>
        <SiteHeader visitor={seen} held={held} now={Date.now()} />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto w-full max-w-6xl flex-1 px-4 py-8 focus:outline-none sm:px-6 sm:py-12"
        >
          <Viewer user={seen === "unknown" ? null : seen}>{children}</Viewer>
        </main>
        <footer className="border-line border-t text-muted text-sm print:hidden">
          <p className="mx-auto max-w-6xl px-4 py-6 sm:px-6">
            We hold your ticket while you pay. If your payment arrives too late, you get a full refund.
          </p>
        </footer>
      </body>
    </html>
  );
}
