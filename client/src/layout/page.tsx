import type { ReactNode } from "react";
import { Unavailable } from "@/api/services";
import { Fresh } from "@/layout/fresh";
import { setStatus } from "@/layout/status";
import { Stuck } from "@/layout/stuck";

/**
 * A page that shows an error, with status 503, when a service doesn’t respond. app/error.tsx handles other errors, but needs
 * JavaScript.
 */
export function page<Props>(render: (props: Props) => Promise<ReactNode>) {
  return async (props: Props): Promise<ReactNode> => (
    <>
      <Fresh madeAt={Date.now()} />
      {await orStuck(render(props))}
    </>
  );
}

async function orStuck(content: Promise<ReactNode>): Promise<ReactNode> {
  try {
    return await content;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    await setStatus(503);
    return (
      <Stuck
        again={
          // biome-ignore lint/a11y/useValidAnchor: the empty address is that of this very page
          <a href="" className="button">
            Try again
          </a>
        }
      />
    );
  }
}
