# SPDX-License-Identifier: ISC
"""
    names.py METRICS RULES DASHBOARD

Whether each metric and label that the rules and the dashboard name is one of METRICS, which the daemon has said.
Prints the dashboard's expressions as recording rules, for promtool to look at.
"""

import json
import re
import sys

OF_PROMETHEUS = {"instance", "job", "alertstate", "alertname", "le"}

metrics, rules, dashboard = sys.argv[1:]
labels = {}
for line in open(metrics):
    name, _, type_ = line.partition(" ")
    if name == "#":
        _, word, name, *rest = line.split()
        if word == "TYPE":
            labels.setdefault(name, set())      # there may be no sample of it yet
            if rest[0] == "histogram":
                labels.setdefault(name + "_bucket", set())
    else:
        name, _, rest = re.match(r"(\w+)({(.*)})? ", line).groups()
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', rest or ""))

with open(rules) as file:
    texts = [file.read()]
with open(dashboard) as file:
    board = json.load(file)
targets = [target for panel in board["panels"] for target in panel["targets"]]
expressions = [target["expr"] for target in targets + board["annotations"]["list"]]
queries = [variable["definition"] for variable in board["templating"]["list"] if "definition" in variable]
texts += expressions + queries

wrong, seen = [], set()
for text in texts:
    for name, selector in re.findall(r"\b(sipkeepd_\w+)(?:{([^}]*)})?", text):
        seen.add(name)
        if name not in labels:
            wrong.append("the daemon has no " + name)
            continue
        for label in re.findall(r"(\w+)\s*[!=]", selector):
            if label not in labels[name] | OF_PROMETHEUS:
                wrong.append("%s has no label %s" % (name, label))

# Labels that are summed by or shown: of one of the metrics beside them.
def known(words, text):
    beside = set().union(OF_PROMETHEUS, *(labels.get(name, ()) for name in re.findall(r"\bsipkeepd_\w+", text)))
    return [word for word in words if word not in beside]

for target in targets:
    words = re.findall(r"{{(\w+)}}", target["legendFormat"])
    for group in re.findall(r"\bby \(([^)]*)\)", target["expr"]):
        words += group.split(", ")
    for word in known(words, target["expr"]):
        wrong.append("no label %s in %s" % (word, target["expr"]))
for alert in re.split(r"- alert: ", texts[0])[1:]:
    for word in known(re.findall(r"\$labels\.(\w+)", alert), alert):
        wrong.append("no label %s in %s" % (word, alert.split()[0]))

if len(seen) < 15:
    wrong.append("hardly a name was found: %s" % sorted(seen))
if wrong:
    sys.exit("\n".join(wrong))

print("groups:\n  - name: panels\n    rules:")
for number, expression in enumerate(expressions):
    for variable, value in (("$__rate_interval", "5m"), ("$__interval", "5m"), ("$instance", ".*")):
        expression = expression.replace(variable, value)
    print("      - record: panel%d\n        expr: %s" % (number, json.dumps(expression)))
