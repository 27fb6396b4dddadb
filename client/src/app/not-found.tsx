import type { Metadata } from "next";
import { NotHere } from "@/layout/not-here";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return <NotHere />;
}
