"use client";

import { useEffect, useRef } from "react";
import type { OrderView } from "@/order/order-view";

/** Focuses the state's heading when the state changes and the focus was on a control that's gone. */
export function FocusResult({ view }: { view: OrderView }) {
  const shown = useRef(view);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    if (document.activeElement && document.activeElement !== document.body) return;
    place.current?.parentElement?.querySelector<HTMLElement>("h2")?.focus();
  }, [view]);
  return <span ref={place} hidden />;
}
