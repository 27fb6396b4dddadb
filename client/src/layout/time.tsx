"use client";

import { useSyncExternalStore } from "react";
import { formatTime, knownZone, type TimeStyle } from "@/layout/format";

/** A time in the visitor's time zone, or in UTC until the browser has told it. */
export function Time({ at, style = "full" }: { at: string; style?: TimeStyle }) {
  const zone = useSyncExternalStore(neverChanges, browserZone, serverZone);
  return <time dateTime={at}>{formatTime(new Date(at), style, zone)}</time>;
}

const neverChanges = () => () => {};
const browserZone = () => knownZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
const serverZone = () => "UTC";
