import type { NextConfig } from "next";

const config: NextConfig = {
  output: "standalone",
  // The folder above has no say in what belongs to the client.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  // Nothing resizes images here, and sharp is half of what the image would weigh.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["node_modules/sharp/**", "node_modules/@img/**"] },
  poweredByHeader: false,
  // Sellers upload files of up to 5 MB. proxy/refusals.ts keeps other forms to 1 MB.
  experimental: { serverActions: { bodySizeLimit: "6mb" } },
  // Pages get these from proxy.ts, which doesn't see static files.
  headers: async () => [
    {
      source: "/_next/static/:path*",
      headers: [
        { key: "X-Content-Type-Options", value: "nosniff" },
        {
          key: "Content-Security-Policy",
          value: "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        },
        { key: "Referrer-Policy", value: "no-referrer" },
      ],
    },
    {
      source: "/_next/static/:path*",
      has: [{ type: "header", key: "x-forwarded-proto", value: "https" }],
      headers: [{ key: "Strict-Transport-Security", value: "max-age=31536000; includeSubDomains" }],
    },
  ],
  // Under skaffold dev the page comes from there, and hot reload with it.
  allowedDevOrigins: ["ticketing.dev"],
  // The title is in the first bytes and in <head> for everybody, not streamed into the body and moved
  // there by a script, which would leave visitors without JavaScript without one.
  htmlLimitedBots: /.*/,
};

export default config;
