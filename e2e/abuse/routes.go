package main

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// apiRoutes are those of docs/openapi.yaml, always in the same order.
func apiRoutes(root string) (routes []route, err error) {
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root, "docs/openapi.yaml"))
	if err != nil {
		return nil, err
	}
	for at, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			routes = append(routes, route{method, at})
		}
	}
	slices.SortFunc(routes, func(a, b route) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method)) })
	return routes, nil
}

// pageRoutes are the client's pages and route handlers, by their folders.
func pageRoutes(root string) (routes []route, err error) {
	app := filepath.Join(root, "client/src/app")
	err = fs.WalkDir(os.DirFS(app), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file := path.Base(name)
		if file != "page.tsx" && file != "route.ts" && file != "route.tsx" {
			return nil
		}
		var parts []string
		for part := range strings.SplitSeq(path.Dir(name), "/") {
			if strings.HasPrefix(part, "[") {
				part = "{" + strings.Trim(part, "[].") + "}"
			}
			if part != "." && !strings.HasPrefix(part, "(") {
				parts = append(parts, part)
			}
		}
		at := "/" + strings.Join(parts, "/")
		routes = append(routes, route{"GET", at}, route{"POST", at})
		return nil
	})
	return routes, err
}
