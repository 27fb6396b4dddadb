package check

import (
	"bytes"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Build renders a folder as `kubectl apply -k` does.
func Build(files filesys.FileSystem, dir string) ([][]byte, error) {
	all, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, dir)
	if err != nil {
		return nil, err
	}
	var documents [][]byte
	for _, r := range all.Resources() {
		document, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
	return documents, nil
}

var separator = []byte("\n---\n")

// Split returns the documents of a file.
func Split(file []byte) [][]byte {
	return bytes.Split(file, separator)
}
