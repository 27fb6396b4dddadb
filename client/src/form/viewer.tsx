"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { User } from "@/api/services";
import { VIEWER, viewerField } from "@/form/form-state";

const Shown = createContext<User | null>(null);

/** Tells the forms inside which user the page shows. */
export function Viewer({ user, children }: { user: User | null; children: ReactNode }) {
  return <Shown value={user}>{children}</Shown>;
}

/** Submits the user the page shows, since another user may have signed in meanwhile. */
export function ViewerField() {
  const user = useContext(Shown);
  return user && <input type="hidden" name={VIEWER} value={viewerField(user)} />;
}
