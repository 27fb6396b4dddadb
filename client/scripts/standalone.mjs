// next build leaves static files out of .next/standalone, as a CDN might serve them. Here the
// server does.
import { cpSync } from "node:fs";

cpSync(".next/static", ".next/standalone/.next/static", { recursive: true });
cpSync("public", ".next/standalone/public", { recursive: true });
