"use client";

import { unstable_isUnrecognizedActionError, useRouter } from "next/navigation";
import { startTransition } from "react";
import { Stuck } from "@/layout/stuck";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  const router = useRouter();
  if (isOutdated(error)) {
    return (
      <Stuck
        title="This page is out of date"
        text="Ticketing was updated after you opened it. Nothing was changed. Reload the page and try again."
        again={
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload
          </button>
        }
      />
    );
  }
  const again = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <Stuck
      again={
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      }
    />
  );
}

/** Whether the page requested an action or script that this version of the site no longer has. */
function isOutdated(error: Error): boolean {
  return error.name === "ChunkLoadError" || unstable_isUnrecognizedActionError(error);
}
