"use client";

import "swagger-ui-dist/swagger-ui.css";
import { useEffect, useRef } from "react";

/** Shows openapi.json with Swagger UI, which sends requests in the visitor's own session. */
export function Description() {
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let left = false;
    import("swagger-ui-dist/swagger-ui-es-bundle.js").then(({ default: SwaggerUI }) => {
      if (left) return;
      SwaggerUI({
        domNode: node.current,
        url: "/api/docs/openapi.json",
        docExpansion: "list",
        defaultModelsExpandDepth: 0,
        validatorUrl: null,
      });
    });
    return () => {
      left = true;
    };
  }, []);
  return <div ref={node} className="mt-6 rounded-lg bg-white text-black" />;
}
