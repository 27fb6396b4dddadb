"use client";

import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { Stuck } from "@/components/stuck";

export default function ErrorPage({ reset }: { error: Error; reset: () => void }) {
  const router = useRouter();
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
