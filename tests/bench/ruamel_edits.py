"""Sets the newTag of each image of each kustomization in a folder; prints edits, seconds and minimal results."""

import io
import pathlib
import sys
import time

import ruamel.yaml


def parser():
    yaml = ruamel.yaml.YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml


def main():
    texts = [path.read_text() for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml"))]
    tag, edits, minimal = sys.argv[2], 0, 0
    start = time.perf_counter()
    results = []
    for text in texts:
        number = 0
        while True:
            yaml = parser()
            document = yaml.load(text)
            if number >= len(document["images"]):
                break
            document["images"][number]["newTag"] = tag
            out = io.StringIO()
            yaml.dump(document, out)
            results.append((text, out.getvalue()))
            number += 1
    seconds = time.perf_counter() - start
    for old, new in results:
        edits += 1
        old, new = old.splitlines(), new.splitlines()
        minimal += len(old) == len(new) and sum(a != b for a, b in zip(old, new)) == 1
    print(edits, seconds, minimal)


main()
