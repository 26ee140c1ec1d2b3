#!/usr/bin/env python3
"""A preprocessor of mdBook: adds a chapter for each check and a page for each fault.

The list comes from `irsa-doctor checks -o json`, the texts from checks/src/faults: nothing is kept twice.
https://rust-lang.github.io/mdBook/for_developers/preprocessors.html
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = "faults.md"


def checks():
    """The checks and their faults, in chain order."""
    program = os.environ.get("IRSA_DOCTOR", str(ROOT / "target/debug/irsa-doctor"))
    listing = subprocess.run([program, "checks", "-o", "json"], check=True, capture_output=True)
    return json.loads(listing.stdout)["checks"]


def chapter(name, content, path, number, parents, items=()):
    """A chapter as mdBook has it."""
    return {"Chapter": {
        "name": name, "content": content, "number": number, "sub_items": list(items),
        "path": path, "source_path": path, "parent_names": parents,
    }}


def of_check(check, number, parents):
    """The chapter of a check, with the pages of its faults below it."""
    rows = "".join(f"| [{fault['id']}]({fault['id']}.md) | {fault['severity']} | {fault['title']} |\n" for fault in check["faults"])
    text = f"# {check['id']}\n\nThe good state: {check['title']}.\n\n| fault | | what is wrong |\n|---|---|---|\n{rows}"
    own = parents + [check["id"]]
    faults = []
    for at, fault in enumerate(check["faults"], 1):
        page = (ROOT / "checks/src/faults" / f"{fault['id']}.md").read_text(encoding="utf-8")
        faults.append(chapter(fault["id"], page, f"faults/{fault['id']}.md", number + [at], own))
    return chapter(check["id"], text, f"faults/check-{check['id']}.md", number, parents, faults)


def add(items):
    """Puts the chapters below the page that stands for them; says whether it was there."""
    for item in items:
        page = item.get("Chapter") if isinstance(item, dict) else None
        if page and page["path"] == PAGE:
            parents = page["parent_names"] + [page["name"]]
            number = page["number"] or []
            page["sub_items"] = [of_check(check, number + [at], parents) for at, check in enumerate(checks(), 1)]
            return True
        if page and add(page["sub_items"]):
            return True
    return False


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "supports":
        return 0
    _, book = json.load(sys.stdin)
    # The name of the list has changed between releases of mdBook.
    if not add(book.get("items", book.get("sections", []))):
        print(f"docs/faults.py: SUMMARY.md has no {PAGE}", file=sys.stderr)
        return 1
    json.dump(book, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
