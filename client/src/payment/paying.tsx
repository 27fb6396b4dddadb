"use client";

import { createContext, type ReactNode, type RefObject, useContext, useRef } from "react";

const Paying = createContext<RefObject<boolean> | null>(null);

/**
 * Lets the card form tell the bank's question, which replaces it, that the user has just paid: then the bank
 * asks at once. Users who open the page later start it themselves.
 */
export function PayingProvider({ children }: { children: ReactNode }) {
  const paying = useRef(false);
  return <Paying value={paying}>{children}</Paying>;
}

/** Whether the user has just paid on this page. */
export function usePaying(): RefObject<boolean> {
  const own = useRef(false);
  return useContext(Paying) ?? own;
}
