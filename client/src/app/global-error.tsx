"use client";

import "./globals.css";
import ErrorPage from "./error";

/** The same as error.tsx, for errors in the root layout. */
export default function GlobalError(props: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Ticketing</title>
        <main className="mx-auto w-full max-w-6xl px-4 py-8">
          <ErrorPage {...props} />
        </main>
      </body>
    </html>
  );
}
