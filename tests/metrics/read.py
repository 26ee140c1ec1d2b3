"""Reads a metrics file with Prometheus' own parser and prints it as JSON: [[name, labels, value], ..]."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

samples = []
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for family in text_string_to_metric_families(file.read()):
        assert family.documentation and family.type == "gauge", family
        for sample in family.samples:
            assert sample.timestamp is None, sample
            samples.append([sample.name, sample.labels, sample.value])
json.dump(samples, sys.stdout)
