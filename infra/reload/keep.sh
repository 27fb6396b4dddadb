#!/bin/sh
# keep.sh IMAGE WORK FOLDER...: readies the sources of a development container.
#
# IMAGE holds the folders as the image was built with them. WORK holds those that run: skaffold dev syncs
# changed files there, and they're on a volume that outlives the pod. Skaffold doesn't send a file twice,
# so a new pod of the same image keeps what's on the volume. Another image, or another run of skaffold dev
# (RUN_ID), has newer sources than the volume: then the folders are copied again.
set -eu
image=$1 work=$2
shift 2
mark=$work/$1/.image
stamp="${RUN_ID:-} $(cd "$image" && find "$@" -type f -exec sha256sum {} + | sort | sha256sum)"

if [ "$(cat "$mark" 2>/dev/null)" = "$stamp" ]; then
	echo "reload: keeping the sources that were synced before this pod; they differ from the image in:"
	for folder; do diff -rq -x .image "$image/$folder" "$work/$folder" || true; done
	exit 0
fi
rm -f "$mark"
for folder; do
	mkdir -p "$work/$folder"
	find "$work/$folder" -mindepth 1 -delete
	cp -R "$image/$folder/." "$work/$folder"
done
# Last: a copy that was interrupted starts over.
echo "$stamp" >"$mark.new"
mv "$mark.new" "$mark"
echo "reload: the sources are the image's"
